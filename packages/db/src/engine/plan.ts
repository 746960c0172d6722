/**
 * A plan: a prepared query compiled once. References to rows of enclosing queries become parameters, so that one plan
 * serves every parent row; a plan plus parameter values is a closed query.
 */
import type {
  Cardinality,
  OrderDirection,
  PreparedFilter,
  PreparedInclusion,
  PreparedOrder,
  PreparedQuery,
} from '../ast/query.ts';
import type { Row } from '../changes/types.ts';
import { compilePath, compileStatement } from '../query/evaluate.ts';
import { preparedQueryKey } from '../query/query-key.ts';
import { isValueVariable, unescapeLiteral } from '../query/variables.ts';
import { TriplitError } from '../base/errors.ts';

/** What the engine must know of a schema: the type at an attribute path, as `compileStatement` takes it. */
export type TypeLookup = (collection: string, path: string) => Parameters<typeof compileStatement>[2];

/** Where a comparison value comes from. */
export type Operand =
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'parameter'; readonly index: number; readonly correlated: boolean }
  | { readonly kind: 'row'; readonly path: string; readonly read: (row: Row) => unknown };

export interface StatementCondition {
  readonly kind: 'statement';
  readonly path: string;
  readonly operator: string;
  readonly operand: Operand;
  readonly read: (row: Row) => unknown;
  readonly test: (row: Row, operand: unknown) => boolean;
}
export interface GroupCondition {
  readonly kind: 'and' | 'or';
  readonly conditions: readonly Condition[];
}
export interface ExistsCondition {
  readonly kind: 'exists';
  readonly subquery: Subplan;
}
export type Condition =
  | { readonly kind: 'constant'; readonly value: boolean }
  | StatementCondition
  | GroupCondition
  | ExistsCondition;

/** How a parent row (and the parent's own parameters) give a subquery its parameters. */
export type ParameterSource =
  | { readonly kind: 'row'; readonly path: string; readonly read: (row: Row) => unknown }
  | { readonly kind: 'parameter'; readonly index: number };

export interface Subplan {
  readonly plan: Plan;
  readonly sources: readonly ParameterSource[];
}
export interface IncludePlan extends Subplan {
  readonly name: string;
  readonly cardinality: Cardinality;
}
export interface OrderTerm {
  readonly path: string;
  readonly descending: boolean;
  /** Reads the sort value of a row of this collection; for a relational term, of the related row. */
  readonly read: (row: Row) => unknown;
  /** The to-one subqueries between this collection and the related row. */
  readonly relation: { readonly subquery: Subplan; readonly hops: readonly string[] } | undefined;
}

export interface Plan {
  /** Canonical text of the prepared query; equal queries share one plan. */
  readonly key: string;
  readonly query: PreparedQuery;
  readonly collection: string;
  /** All must hold. */
  readonly conditions: readonly Condition[];
  readonly order: readonly OrderTerm[];
  readonly limit: number | undefined;
  readonly after: { readonly values: readonly unknown[]; readonly inclusive: boolean } | undefined;
  readonly includes: readonly IncludePlan[];
  /** What each parameter refers to, as text: `1.authorId` is the parent's attribute, `prev.x` the previous row's. */
  readonly parameters: readonly string[];
  /** Levels of included subqueries below: a child's height is less than its parent's. */
  readonly height: number;
  /** Every path of this collection that the conditions read, nested correlations included. */
  readonly conditionReads: readonly ((row: Row) => unknown)[];
  /** Whether any condition, in any group, is an exists. */
  readonly hasExists: boolean;
  /** A condition that leaves one row at most. */
  readonly idEquality: StatementCondition | undefined;
}

/** Deeper nesting of subqueries is refused rather than risked. */
export const MAX_SUBQUERY_DEPTH = 32;

export class PlanCompiler {
  readonly #typeAt: TypeLookup;
  readonly #plans = new Map<string, Plan>();

  constructor(typeAt: TypeLookup) {
    this.#typeAt = typeAt;
  }

  compile(query: PreparedQuery, depth = 0): Plan {
    if (depth > MAX_SUBQUERY_DEPTH)
      throw new TriplitError(`The query nests subqueries more than ${MAX_SUBQUERY_DEPTH} levels deep. Split it.`);
    const key = preparedQueryKey(query);
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const plan = this.#build(query, key, depth);
    if (this.#plans.size >= MAX_CACHED_PLANS) this.#plans.clear();
    this.#plans.set(key, plan);
    return plan;
  }

  forget(): void {
    this.#plans.clear();
  }

  #build(query: PreparedQuery, key: string, depth: number): Plan {
    const scope = new Scope();
    const collection = query.collectionName;
    const conditions = (query.where ?? []).map((filter) => this.#condition(filter, collection, scope, depth));
    const includes = Object.entries(query.include ?? {}).map(([name, inclusion]) => ({
      name,
      cardinality: inclusion.cardinality,
      ...this.#subplan(singleIfOne(inclusion), scope, depth),
    }));
    const order = (query.order ?? []).map((clause) => this.#orderTerm(clause, scope, depth));
    const children: Plan[] = includes.map((include) => include.plan);
    for (const term of order) if (term.relation !== undefined) children.push(term.relation.subquery.plan);
    return {
      key,
      query,
      collection,
      conditions,
      order,
      limit: query.limit,
      after: query.after === undefined ? undefined : { values: query.after[0], inclusive: query.after[1] },
      includes,
      parameters: scope.parameters,
      height: children.reduce((height, child) => Math.max(height, child.height + 1), 0),
      conditionReads: conditionReads(conditions),
      hasExists: conditions.some(containsExists),
      idEquality: conditions.find(isIdEquality),
    };
  }

  #condition(filter: PreparedFilter, collection: string, scope: Scope, depth: number): Condition {
    if (typeof filter === 'boolean') return { kind: 'constant', value: filter };
    if (isStatement(filter)) {
      const [path, operator, value] = filter;
      return {
        kind: 'statement',
        path,
        operator,
        operand: scope.operand(value),
        read: compilePath(path),
        test: compileStatement(path, operator, this.#typeAt(collection, path)),
      };
    }
    if ('exists' in filter) return { kind: 'exists', subquery: this.#subplan(filter.exists, scope, depth) };
    return {
      kind: filter.mod,
      conditions: filter.filters.map((member) => this.#condition(member, collection, scope, depth)),
    };
  }

  #subplan(query: PreparedQuery, scope: Scope, depth: number): Subplan {
    const plan = this.compile(query, depth + 1);
    return { plan, sources: plan.parameters.map((parameter) => scope.source(parameter)) };
  }

  #orderTerm(clause: PreparedOrder, scope: Scope, depth: number): OrderTerm {
    const [path, direction, relation] = clause;
    const descending = (direction satisfies OrderDirection) === 'DESC';
    if (relation === undefined) return { path, descending, read: compilePath(path), relation: undefined };
    const hops: string[] = [];
    const segments = path.split('.');
    let query = relation.subquery;
    // The first segment is the relation that the subquery stands for; further ones are inclusions inside it.
    while (hops.length + 2 < segments.length) {
      const hop = segments[hops.length + 1]!;
      const next = query.include?.[hop];
      if (next === undefined) break;
      hops.push(hop);
      query = next.subquery;
    }
    const leaf = segments.slice(hops.length + 1).join('.');
    return {
      path,
      descending,
      read: compilePath(leaf),
      relation: { subquery: this.#subplan(singleIfOne(relation), scope, depth), hops },
    };
  }
}

/** Plans kept for reuse; beyond that all are forgotten and compiled again as needed. */
const MAX_CACHED_PLANS = 5_000;

/** A to-one inclusion needs only its first row. */
function singleIfOne(inclusion: PreparedInclusion): PreparedQuery {
  return inclusion.cardinality === 'one'
    ? { ...inclusion.subquery, limit: Math.min(1, inclusion.subquery.limit ?? 1) }
    : inclusion.subquery;
}

function isStatement(filter: Exclude<PreparedFilter, boolean>): filter is readonly [string, string, unknown] {
  return Array.isArray(filter);
}

/** Collects the parameters of one plan while its parts are compiled. */
class Scope {
  readonly parameters: string[] = [];

  operand(value: unknown): Operand {
    if (!isValueVariable(value)) return { kind: 'constant', value: unescapeLiteral(value) };
    const separator = value.indexOf('.');
    const scope = value.slice(1, separator);
    const path = value.slice(separator + 1);
    if (scope === '0') return { kind: 'row', path, read: compilePath(path) };
    return { kind: 'parameter', index: this.#parameter(`${scope}.${path}`), correlated: scope !== 'prev' };
  }

  /** Where a subquery's parameter comes from, seen from this plan. */
  source(parameter: string): ParameterSource {
    const separator = parameter.indexOf('.');
    const scope = parameter.slice(0, separator);
    const path = parameter.slice(separator + 1);
    if (scope === 'prev') return { kind: 'parameter', index: this.#parameter(parameter) };
    if (scope === '1') return { kind: 'row', path, read: compilePath(path) };
    return { kind: 'parameter', index: this.#parameter(`${Number(scope) - 1}.${path}`) };
  }

  #parameter(name: string): number {
    const known = this.parameters.indexOf(name);
    return known >= 0 ? known : this.parameters.push(name) - 1;
  }
}

function isIdEquality(condition: Condition): condition is StatementCondition {
  return condition.kind === 'statement' && condition.path === 'id' && condition.operator === '=';
}

export function containsExists(condition: Condition): boolean {
  return condition.kind === 'exists' || ('conditions' in condition && condition.conditions.some(containsExists));
}

function conditionReads(conditions: readonly Condition[]): ((row: Row) => unknown)[] {
  const reads: ((row: Row) => unknown)[] = [];
  const visit = (condition: Condition): void => {
    if (condition.kind === 'statement') {
      reads.push(condition.read);
      if (condition.operand.kind === 'row') reads.push(condition.operand.read);
    } else if (condition.kind === 'exists') {
      for (const source of condition.subquery.sources) if (source.kind === 'row') reads.push(source.read);
    } else if (condition.kind !== 'constant') {
      condition.conditions.forEach(visit);
    }
  };
  conditions.forEach(visit);
  return reads;
}
