/**
 * A one-shot read: selects rows and their inclusions, sharing equal subqueries within the read. Nothing stays registered.
 */
import type { Row } from '../changes/types.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { canonicalText } from '../values/canonical-text.ts';
import { bindParameters } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import type { OrderTerm, Plan, Subplan } from './plan.ts';
import type { ResultList } from './result-node.ts';
import { selectRows, selectedRow } from './select-rows.ts';
import type { SortValueReader } from './select-rows.ts';

export function fetchTree(plan: Plan, parameters: Parameters, source: EntitySource): ResultList {
  return new TreeFetch(source).list(plan, parameters);
}

class TreeFetch {
  readonly #source: EntitySource;
  readonly #lists = new Map<Plan, Map<string, ResultList>>();

  constructor(source: EntitySource) {
    this.#source = source;
  }

  list(plan: Plan, parameters: Parameters): ResultList {
    const readSortValues = this.#sortValueReader(plan, parameters);
    const { rows } = selectRows(plan, parameters, this.#source, readSortValues, plan.limit, selectedRow);
    if (plan.includes.length > 0) {
      for (const node of rows)
        node.children = plan.includes.map((include) => this.#sublist(include, node.row, parameters));
    }
    return { nodes: rows };
  }

  #sublist(subplan: Subplan, row: Row, parameters: Parameters): ResultList {
    const bound = bindParameters(subplan.sources, row, parameters);
    let lists = this.#lists.get(subplan.plan);
    if (lists === undefined) {
      lists = new Map();
      this.#lists.set(subplan.plan, lists);
    }
    const key = parameterKey(bound);
    let list = lists.get(key);
    if (list === undefined) {
      list = this.list(subplan.plan, bound);
      lists.set(key, list);
    }
    return list;
  }

  #sortValueReader(plan: Plan, parameters: Parameters): SortValueReader {
    return (row) =>
      plan.order.map((term) =>
        term.relation === undefined ? term.read(row) : this.#relatedValue(term, row, parameters),
      );
  }

  #relatedValue(term: OrderTerm, row: Row, parameters: Parameters): unknown {
    const { subquery } = term.relation!;
    return relatedSortValue(term, this.#sublist(subquery, row, parameters));
  }
}

/** Follows a relational order term from its first subquery to the related row's value; null when a row is missing. */
export function relatedSortValue(term: OrderTerm, list: ResultList): unknown {
  const { subquery, hops } = term.relation!;
  let plan = subquery.plan;
  let node = list.nodes[0];
  for (const hop of hops) {
    if (node === undefined) return null;
    const index = plan.includes.findIndex((include) => include.name === hop);
    plan = plan.includes[index]!.plan;
    node = node.children[index]!.nodes[0];
  }
  return node === undefined ? null : (term.read(node.row) ?? null);
}

/** A collision-free text of parameter values. */
export function parameterKey(parameters: Parameters): string {
  if (parameters.length === 0) return '';
  if (parameters.length === 1 && typeof parameters[0] === 'string') return `s${parameters[0]}`;
  return canonicalText(parameters);
}
