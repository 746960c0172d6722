/** Plans as people read them: conditions as text, access paths as plain JSON. */
import type { IndexScan, ValueBounds } from '../query/entity-source.ts';
import type { AccessPath } from './access-options.ts';
import type { Condition, Plan } from './plan.ts';

export interface IndexUse {
  /** `value:rank` orders rows by an attribute, `member:tags` finds them by the members of a set. */
  readonly index: string;
  /** Encoded values; `{}` reads the whole index. */
  readonly bounds: ValueBounds;
  readonly reverse?: true;
}

export type AccessExplanation =
  | { readonly kind: 'none' }
  /** Every row of the collection. */
  | { readonly kind: 'scan' }
  /** Rows read by their ids. */
  | { readonly kind: 'ids'; readonly ids: number }
  | { readonly kind: 'index'; readonly indexes: readonly IndexUse[] }
  /** A count that the indexes, or the collection, know by themselves. */
  | { readonly kind: 'count'; readonly indexes?: readonly IndexUse[] }
  /** Several ways one after the other, each row once. */
  | { readonly kind: 'union'; readonly of: readonly AccessExplanation[] }
  /** From the rows of a subquery to the rows that they name. */
  | { readonly kind: 'related'; readonly collection: string; readonly by: string; readonly of: AccessExplanation }
  /** In the wanted order until enough rows are found; given up for `fallback` after that many rows. */
  | {
      readonly kind: 'order';
      readonly index: IndexUse;
      readonly fallback?: { readonly afterRows: number; readonly access: AccessExplanation };
    };

/** Longer lists of indexes or values are cut in explanations. */
const MAX_SHOWN = 10;

export function describeAccess(path: AccessPath, plan: Plan): AccessExplanation {
  switch (path.kind) {
    case 'none':
    case 'scan':
      return { kind: path.kind };
    case 'ids':
      return { kind: 'ids', ids: path.ids.length };
    case 'index':
      return { kind: 'index', indexes: path.scans.slice(0, MAX_SHOWN).map(describeScan) };
    case 'union':
      return { kind: 'union', of: path.paths.map((member) => describeAccess(member, plan)) };
    case 'related': {
      const child = path.exists.subquery.plan;
      const by = `${child.collection}.${path.link.childPath} = ${plan.collection}.${path.link.parentPath}`;
      return { kind: 'related', collection: child.collection, by, of: describeAccess(path.path, child) };
    }
    case 'order': {
      const { fallback } = path;
      return {
        kind: 'order',
        index: describeScan(path.scan),
        ...(fallback && { fallback: { afterRows: fallback.afterRows, access: describeAccess(fallback.path, plan) } }),
      };
    }
  }
}

export function describeScan(scan: IndexScan): IndexUse {
  const use = { index: `${scan.kind}:${scan.path}`, bounds: scan.bounds };
  return scan.reverse === true ? { ...use, reverse: true } : use;
}

/** A condition as text, with variables as in a query. */
export function describeCondition(condition: Condition, plan: Plan): string {
  switch (condition.kind) {
    case 'constant':
      return String(condition.value);
    case 'statement': {
      const { operand } = condition;
      const value =
        operand.kind === 'constant'
          ? describeOperand(operand.value)
          : `$${operand.kind === 'row' ? `0.${operand.path}` : plan.parameters[operand.index]!}`;
      return `${condition.path} ${condition.operator} ${value}`;
    }
    case 'and':
    case 'or':
      return `(${condition.conditions.map((member) => describeCondition(member, plan)).join(` ${condition.kind} `)})`;
    case 'exists': {
      const child = condition.subquery.plan;
      const where = child.conditions.map((member) => describeCondition(member, child)).join(' and ');
      return where === '' ? `exists ${child.collection}` : `exists ${child.collection} where ${where}`;
    }
  }
}

function describeOperand(value: unknown): string {
  if (!(value instanceof Set)) return JSON.stringify(value) ?? 'undefined';
  const shown = JSON.stringify([...value].slice(0, MAX_SHOWN));
  return value.size > MAX_SHOWN ? `${shown.slice(0, -1)},… ${value.size} values]` : shown;
}
