/**
 * Explains a query: how each part of it is read, which other ways were weighed, and how many rows that really took. The
 * query is run by the same code as a fetch, over a source that counts.
 */
import type { Row } from '../changes/types.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { chooseAccessPath, weighAccessPaths } from './access-path.ts';
import type { AccessPath } from './access-options.ts';
import type { WeighedPath } from './access-path.ts';
import { CountingSource } from './counting-source.ts';
import type { ReadCount } from './counting-source.ts';
import { chooseCountPath, countRows } from './count-rows.ts';
import { describeAccess, describeCondition, describeScan } from './describe-plan.ts';
import type { AccessExplanation } from './describe-plan.ts';
import { withoutOrder } from './evaluate-conditions.ts';
import { fetchTree } from './fetch-tree.ts';
import { NO_PARAMETERS, bindParameters, unboundParameters } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import type { Condition, Plan, Subplan } from './plan.ts';
import type { ResultList } from './result-node.ts';
import { yieldsInDefaultOrder } from './select-rows.ts';

/** A way to find candidate rows that the planner weighed. */
export interface ConsideredAccess {
  readonly access: AccessExplanation;
  /** The number of rows that it was expected to read. */
  readonly estimatedRows: number;
  readonly chosen: boolean;
}

export interface OrderExplanation {
  /** The order clauses as text; none means ascending id. */
  readonly by: readonly string[];
  /** `read`: rows came in this order by themselves. `index`: they were read in this order. `sort`: they were sorted. */
  readonly strategy: 'read' | 'index' | 'sort';
}

/** How one query, or one subquery of it, was answered. Plain JSON. */
export interface QueryExplanation {
  readonly collection: string;
  /** How the candidate rows are found. Of a subquery: for the first row that it was run for. */
  readonly access: AccessExplanation;
  readonly considered: readonly ConsideredAccess[];
  /** Conditions that every candidate is checked for, beyond what the access implies. */
  readonly filter: readonly string[];
  readonly order: OrderExplanation;
  readonly limit?: number;
  readonly after?: { readonly values: readonly unknown[]; readonly inclusive: boolean };
  /** What was really read, over all runs. */
  readonly reads: readonly ReadCount[];
  /** Rows that this (sub)query looked at, over all runs. */
  readonly rowsExamined: number;
  /** The same with all subqueries below. */
  readonly totalRowsExamined: number;
  /** Rows in the result, over all runs, or the number counted; absent where rows are only looked for. */
  readonly rowsReturned?: number;
  /** Inclusions by alias. */
  readonly include: Readonly<Record<string, QueryExplanation>>;
  /** The subqueries of `exists` conditions, in the order of the conditions. */
  readonly exists: readonly QueryExplanation[];
  /** The subqueries of relational order clauses. */
  readonly orderedBy: readonly QueryExplanation[];
}

/** Runs a closed plan and says how. */
export function explainPlan(plan: Plan, source: EntitySource): QueryExplanation {
  return new Explainer(source).explain(plan);
}

/** Counts the rows of a closed plan and says how. */
export function explainCount(plan: Plan, source: EntitySource): QueryExplanation {
  return new Explainer(source).explainCount(plan);
}

/** A plan whose collections are labels of the counting source. */
interface LabelledPlan extends Plan {
  readonly original: Plan;
}

class Explainer {
  readonly #source: EntitySource;
  readonly #counting: CountingSource;
  /** Equal subqueries share their results within a fetch; so do their labels. */
  readonly #labelled = new Map<Plan, LabelledPlan>();
  readonly #lists = new Map<Plan, Set<ResultList>>();

  constructor(source: EntitySource) {
    this.#source = source;
    this.#counting = new CountingSource(source);
  }

  explain(plan: Plan): QueryExplanation {
    const labelled = this.#label(plan);
    this.#note(fetchTree(labelled, NO_PARAMETERS, this.#counting), labelled);
    return this.#explain(labelled, NO_PARAMETERS, 'returned');
  }

  explainCount(plan: Plan): QueryExplanation {
    const counted = withoutOrder({ ...plan, includes: [] });
    const labelled = this.#label(counted);
    const rowsReturned = countRows(labelled, NO_PARAMETERS, this.#counting);
    const explanation = this.#explain(labelled, NO_PARAMETERS, 'looked for');
    const path = chooseCountPath(counted, NO_PARAMETERS, this.#source);
    if (path.kind === 'rows') return { ...explanation, rowsReturned };
    const access: AccessExplanation =
      path.scans === undefined ? { kind: 'count' } : { kind: 'count', indexes: path.scans.map(describeScan) };
    return { ...explanation, access, considered: [], filter: [], rowsReturned };
  }

  #label(plan: Plan): LabelledPlan {
    return {
      ...plan,
      original: plan,
      collection: this.#counting.label(plan.collection),
      conditions: plan.conditions.map((condition) => this.#labelCondition(condition)),
      includes: plan.includes.map((include) => ({ ...include, plan: this.#labelShared(include.plan) })),
      order: plan.order.map((term) => {
        if (term.relation === undefined) return term;
        const { subquery, hops } = term.relation;
        return { ...term, relation: { hops, subquery: { ...subquery, plan: this.#labelShared(subquery.plan) } } };
      }),
    };
  }

  #labelShared(plan: Plan): LabelledPlan {
    let labelled = this.#labelled.get(plan);
    if (labelled === undefined) {
      labelled = this.#label(plan);
      this.#labelled.set(plan, labelled);
    }
    return labelled;
  }

  #labelCondition(condition: Condition): Condition {
    if (condition.kind === 'exists') {
      const { plan, sources } = condition.subquery;
      return { kind: 'exists', subquery: { plan: this.#label(plan), sources } };
    }
    if (!('conditions' in condition)) return condition;
    return { ...condition, conditions: condition.conditions.map((member) => this.#labelCondition(member)) };
  }

  /** Collects the result lists of every inclusion; a list that several rows share is counted once. */
  #note(list: ResultList, plan: Plan): void {
    let lists = this.#lists.get(plan);
    if (lists === undefined) {
      lists = new Set();
      this.#lists.set(plan, lists);
    }
    if (lists.has(list)) return;
    lists.add(list);
    for (const node of list.nodes)
      node.children.forEach((children, index) => this.#note(children, plan.includes[index]!.plan));
  }

  #explain(labelled: LabelledPlan, parameters: Parameters, role: 'returned' | 'looked for'): QueryExplanation {
    const plan = labelled.original;
    const tally = this.#counting.tally(labelled.collection);
    const lists = [...(this.#lists.get(labelled) ?? [])];
    const row = lists.find((list) => list.nodes.length > 0)?.nodes[0]!.row ?? tally.firstRow;
    const path = chooseAccessPath(role === 'returned' ? plan : withoutOrder(plan), parameters, this.#source);
    const below = (subplan: Subplan, as: typeof role): QueryExplanation =>
      this.#explain(subplan.plan as LabelledPlan, childParameters(subplan, row, parameters), as);
    const include = Object.fromEntries(labelled.includes.map((one) => [one.name, below(one, role)]));
    const exists = existsOf(labelled.conditions).map((one) => below(one, 'looked for'));
    const orderedBy = labelled.order.flatMap((term) => (term.relation ? [below(term.relation.subquery, role)] : []));
    const rowsExamined = tally.rows;
    const weighed = weighAccessPaths(plan, parameters, this.#source);
    const access = describeAccess(path, plan);
    const chosen = weighed.find((one) => isSame(describeAccess(one.path, plan), access));
    const isGivenUp = path.kind === 'order' && rowsExamined > (path.fallback?.afterRows ?? Infinity);
    return {
      collection: plan.collection,
      access,
      considered: weighed.map((one) => ({
        access: describeAccess(one.path, plan),
        estimatedRows: one.cost,
        chosen: one === chosen,
      })),
      filter: remaining(plan, path, chosen).map((condition) => describeCondition(condition, plan)),
      order: {
        by: plan.order.map((term) => `${term.path} ${term.descending ? 'DESC' : 'ASC'}`),
        strategy: isGivenUp ? 'sort' : orderStrategy(plan, path),
      },
      ...(plan.limit === undefined ? undefined : { limit: plan.limit }),
      ...(plan.after === undefined ? undefined : { after: plan.after }),
      reads: tally.reads,
      rowsExamined,
      totalRowsExamined: [...Object.values(include), ...exists, ...orderedBy].reduce(
        (sum, one) => sum + one.totalRowsExamined,
        rowsExamined,
      ),
      ...(lists.length === 0 ? undefined : { rowsReturned: lists.reduce((sum, list) => sum + list.nodes.length, 0) }),
      include,
      exists,
      orderedBy,
    };
  }
}

function childParameters({ sources }: Subplan, row: Row | undefined, parameters: Parameters): Parameters {
  return row === undefined ? unboundParameters(sources, parameters) : bindParameters(sources, row, parameters);
}

function existsOf(conditions: readonly Condition[]): Subplan[] {
  return conditions.flatMap((condition) => {
    if (condition.kind === 'exists') return [condition.subquery];
    return 'conditions' in condition ? existsOf(condition.conditions) : [];
  });
}

/** What the path does not see to. An exists or a union only led to candidates, which are checked in full. */
function remaining(plan: Plan, path: AccessPath, chosen: WeighedPath | undefined): readonly Condition[] {
  const isImplied = path.kind === 'index' || path.kind === 'ids' || path.kind === 'order' || path.kind === 'none';
  const implied = isImplied ? (chosen?.conditions ?? []) : [];
  return plan.conditions.filter((condition) => !implied.includes(condition));
}

function orderStrategy(plan: Plan, path: AccessPath): OrderExplanation['strategy'] {
  if (path.kind === 'order') return 'index';
  return plan.order.length === 0 && yieldsInDefaultOrder(path) ? 'read' : 'sort';
}

function isSame(a: AccessExplanation, b: AccessExplanation): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
