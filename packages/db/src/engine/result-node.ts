/**
 * The shape in which the engine hands out results: rows with, per inclusion of the plan, a list of such nodes again. Live
 * views and one-shot reads both produce it, so one reader turns either into application objects.
 */
import type { Row } from '../changes/types.ts';

export interface ResultNode {
  readonly id: string;
  readonly row: Row;
  /** One list per inclusion, in the order of `plan.includes`. */
  readonly children: readonly ResultList[];
}
export interface ResultList {
  readonly nodes: readonly ResultNode[];
}

export const NO_CHILDREN: readonly ResultList[] = [];

/** Calls the visitor for every entity in the list and below, with its collection; an entity may be visited repeatedly. */
export function visitEntities(
  list: ResultList,
  plan: { readonly collection: string; readonly includes: readonly { readonly plan: typeof plan }[] },
  visit: (collection: string, id: string, row: Row) => void,
): void {
  for (const node of list.nodes) {
    visit(plan.collection, node.id, node.row);
    for (let index = 0; index < node.children.length; index++)
      visitEntities(node.children[index]!, plan.includes[index]!.plan, visit);
  }
}
