/**
 * Evaluates the conditions of a plan on a row, and reads the rows that an access path leads to. The two are one thing:
 * an exists condition reads rows, and driving a read from an exists evaluates conditions. This is the only place where
 * a condition gets its truth value, so reads, live views, permissions and sync cannot disagree.
 */
import type { Row } from '../changes/types.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { compilePath } from '../query/compile-path.ts';
import { equals } from '../query/evaluate.ts';
import { isCorrelated } from './access-options.ts';
import { chooseAccessPath } from './access-path.ts';
import type { AccessPath } from './access-options.ts';
import { linkValues, parentsByLink } from './links.ts';
import { bindParameters, operandValue, unboundParameters } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import type { Condition, Plan, StatementCondition } from './plan.ts';

export function satisfies(plan: Plan, row: Row, parameters: Parameters, source: EntitySource): boolean {
  return satisfiesAll(plan.conditions, row, parameters, source);
}

export function satisfiesAll(
  conditions: readonly Condition[],
  row: Row,
  parameters: Parameters,
  source: EntitySource,
): boolean {
  for (const condition of conditions) if (!satisfiesCondition(condition, row, parameters, source)) return false;
  return true;
}

export function satisfiesCondition(
  condition: Condition,
  row: Row,
  parameters: Parameters,
  source: EntitySource,
): boolean {
  switch (condition.kind) {
    case 'constant':
      return condition.value;
    case 'statement':
      return satisfiesStatement(condition, row, parameters);
    case 'and':
      return satisfiesAll(condition.conditions, row, parameters, source);
    case 'or':
      for (const member of condition.conditions) if (satisfiesCondition(member, row, parameters, source)) return true;
      return false;
    case 'exists':
      return hasCandidate(condition.subquery.plan, bindParameters(condition.subquery.sources, row, parameters), source);
  }
}

/**
 * A correlated equality with an empty value never holds: a missing foreign key must not match rows whose own key is
 * missing too.
 */
function satisfiesStatement(condition: StatementCondition, row: Row, parameters: Parameters): boolean {
  const { operand } = condition;
  switch (operand.kind) {
    case 'constant':
      return condition.test(row, operand.value);
    case 'row':
      return condition.test(row, operand.read(row));
    case 'parameter': {
      const value = parameters[operand.index];
      if (operand.correlated && (value === null || value === undefined) && condition.operator === '=') return false;
      return condition.test(row, value);
    }
  }
}

/** Whether any row satisfies the plan's conditions (order, limit and inclusions play no part). */
export function hasCandidate(plan: Plan, parameters: Parameters, source: EntitySource): boolean {
  if (plan.idEquality !== undefined) {
    const { known, value } = operandValue(plan.idEquality.operand, parameters);
    if (known) {
      const row = typeof value === 'string' ? source.row(plan.collection, value) : undefined;
      return row !== undefined && satisfies(plan, row, parameters, source);
    }
  }
  for (const row of candidates(chooseAccessPath(withoutOrder(plan), parameters, source), plan, parameters, source)) {
    if (satisfies(plan, row, parameters, source)) return true;
  }
  return false;
}

const unordered = new WeakMap<Plan, Plan>();

/** The plan without order, limit and cursor: of the conditions alone. */
export function withoutOrder(plan: Plan): Plan {
  if (plan.order.length === 0 && plan.limit === undefined) return plan;
  let stripped = unordered.get(plan);
  if (stripped === undefined) {
    stripped = { ...plan, order: [], limit: undefined, after: undefined };
    unordered.set(plan, stripped);
  }
  return stripped;
}

/** Rows that may match, each once. Only `order` paths yield them in query order. */
export function candidates(path: AccessPath, plan: Plan, parameters: Parameters, source: EntitySource): Iterable<Row> {
  switch (path.kind) {
    case 'none':
      return [];
    case 'scan':
      return source.rows(plan.collection);
    case 'order':
      return source.indexedRows(path.scan);
    case 'ids': {
      const rows: Row[] = [];
      for (const id of path.ids) {
        const row = source.row(plan.collection, id);
        if (row !== undefined) rows.push(row);
      }
      return rows;
    }
    case 'index':
      return path.scans.length === 1
        ? source.indexedRows(path.scans[0]!)
        : distinct(path.scans.map((scan) => source.indexedRows(scan)));
    case 'union':
      return distinct(path.paths.map((member) => candidates(member, plan, parameters, source)));
    case 'related':
      return relatedRows(path, plan, parameters, source);
  }
}

function* distinct(sequences: readonly Iterable<Row>[]): Iterable<Row> {
  const seen = new Set<unknown>();
  for (const rows of sequences) {
    for (const row of rows) {
      const id = row['id'];
      if (seen.has(id)) continue;
      seen.add(id);
      yield row;
    }
  }
}

/** Drives an exists from its own side: child rows first, then the parents that they name. */
function* relatedRows(
  path: AccessPath & { kind: 'related' },
  plan: Plan,
  parameters: Parameters,
  source: EntitySource,
): Iterable<Row> {
  const { plan: child, sources } = path.exists.subquery;
  const { link } = path;
  // Parameters read from a parent row are not known yet; the conditions that use them are left to the evaluation of
  // each parent.
  const childParameters = unboundParameters(sources, parameters);
  const conditions = child.conditions.filter((condition) => !isCorrelated(condition));
  const seenValues = new Set<unknown>();
  const seenParents = new Set<unknown>();
  const readParent = compilePath(link.parentPath);
  for (const row of candidates(path.path, child, childParameters, source)) {
    if (!satisfiesAll(conditions, row, childParameters, source)) continue;
    for (const value of linkValues(link, row)) {
      if (seenValues.has(value)) continue;
      seenValues.add(value);
      for (const parent of parentsByLink(link, value, plan.collection, source)) {
        if (link.kind === 'value') {
          if (equals(readParent(parent), value)) yield parent;
          continue;
        }
        const id = parent['id'];
        if (seenParents.has(id)) continue;
        seenParents.add(id);
        yield parent;
      }
    }
  }
}

/**
 * Whether every row of the path satisfies the exists that drives it: where one equality is all that ties the subquery to
 * its parent, having been led there by it is the proof.
 */
export function provesExists({ exists, link }: AccessPath & { kind: 'related' }): boolean {
  return link.kind === 'value' && exists.subquery.plan.conditions.filter(isCorrelated).length === 1;
}
