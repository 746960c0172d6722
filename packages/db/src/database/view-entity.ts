/** Results below decoding and selection: encoded rows with, per inclusion, the rows that belong to them. */
import type { Row } from '../changes/types.ts';
import type { Plan } from '../engine/plan.ts';
import type { ResultList, ResultNode } from '../engine/result-node.ts';
import { setOwn } from '../values/own-property.ts';

export interface ViewEntity {
  readonly data: Row;
  /** By alias: a list, or for cardinality `one` an entity or null. */
  readonly subqueries: Readonly<Record<string, ViewEntity[] | ViewEntity | null>>;
}

export function viewEntitiesOf(list: ResultList, plan: Plan): ViewEntity[] {
  return list.nodes.map((node) => viewEntityOf(node, plan));
}

function viewEntityOf(node: ResultNode, plan: Plan): ViewEntity {
  const subqueries = {};
  for (const [index, include] of plan.includes.entries()) {
    const entities = viewEntitiesOf(node.children[index]!, include.plan);
    setOwn(subqueries, include.name, include.cardinality === 'one' ? (entities[0] ?? null) : entities);
  }
  return { data: node.row, subqueries };
}

/** The row with its inclusions under their aliases. */
export function flattenViewEntity({ data, subqueries }: ViewEntity): Record<string, unknown> {
  const flat: Record<string, unknown> = { ...data };
  for (const [alias, below] of Object.entries(subqueries)) {
    if (below === null) setOwn(flat, alias, null);
    else setOwn(flat, alias, Array.isArray(below) ? below.map(flattenViewEntity) : flattenViewEntity(below));
  }
  return flat;
}
