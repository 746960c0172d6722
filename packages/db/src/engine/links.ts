/**
 * Links: the equalities by which the rows of a subquery name their parents, followed in both directions by index.
 */
import type { Row } from '../changes/types.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { liveMemberKeys, scalarsOfKey } from '../values/set-member.ts';
import type { ExistsCondition, StatementCondition } from './plan.ts';

/** An equality inside a subquery that ties its rows to the parent's: child path = parent path. */
export interface Link {
  readonly childPath: string;
  readonly childRead: StatementCondition['read'];
  /** How the child's value names parents: as a value of, or as a member of, the parent's attribute; or the child holds a set of parent values. */
  readonly kind: 'value' | 'member-of-parent' | 'members-of-child';
  readonly parentPath: string;
  readonly parentRead: (row: Row) => unknown;
}

/** The equality by which rows of an exists subquery name their parents directly, if there is one. */
export function linkOf(exists: ExistsCondition): Link | undefined {
  return linksOf(exists)[0];
}

export function linksOf(exists: ExistsCondition): Link[] {
  const links: Link[] = [];
  const { plan, sources } = exists.subquery;
  for (const condition of plan.conditions) {
    if (condition.kind !== 'statement' || condition.operand.kind !== 'parameter') continue;
    const source = sources[condition.operand.index]!;
    if (source.kind !== 'row') continue;
    const kind = linkKindOf(condition.operator);
    if (kind !== undefined)
      links.push({
        childPath: condition.path,
        childRead: condition.read,
        kind,
        parentPath: source.path,
        parentRead: source.read,
      });
  }
  return links;
}

const linkKinds: Readonly<Record<string, Link['kind'] | undefined>> = Object.assign(
  Object.create(null) as Record<string, Link['kind']>,
  {
    '=': 'value',
    in: 'member-of-parent',
    'SET_=': 'members-of-child',
    SET_has: 'members-of-child',
  },
);

export const linkKindOf = (operator: string): Link['kind'] | undefined => linkKinds[operator];

/** The values by which a child row names its parents. */
export function linkValues(link: Link, child: Row): readonly unknown[] {
  const value = link.childRead(child);
  if (link.kind !== 'members-of-child') return value === null || value === undefined ? [] : [value];
  return liveMemberKeys(value);
}

/** The parents that a link value names: a superset. */
export function parentsByLink(link: Link, value: unknown, collection: string, source: EntitySource): Iterable<Row> {
  if (link.kind === 'member-of-parent') return rowsWithMember(collection, link.parentPath, value, source);
  if (link.kind === 'members-of-child') return rowsWithKeys(collection, link.parentPath, [String(value)], source);
  return rowsWithValue(collection, link.parentPath, value, source);
}

/** The children that name a parent: a superset. Undefined where they cannot be found by index. */
export function childrenByLink(
  link: Link,
  parent: Row,
  collection: string,
  source: EntitySource,
): Iterable<Row> | undefined {
  const value = link.parentRead(parent);
  if (value === null || value === undefined) return [];
  if (link.kind === 'member-of-parent') return rowsWithKeys(collection, link.childPath, liveMemberKeys(value), source);
  if (typeof value === 'object') return undefined;
  const find = link.kind === 'value' ? rowsWithValue : rowsWithMember;
  return find(collection, link.childPath, value, source);
}

function rowsWithValue(collection: string, path: string, value: unknown, source: EntitySource): Iterable<Row> {
  if (path !== 'id') return source.indexedRows({ collection, path, kind: 'value', bounds: { gte: value, lte: value } });
  const row = source.row(collection, String(value));
  return row === undefined ? [] : [row];
}

function rowsWithMember(collection: string, path: string, value: unknown, source: EntitySource): Iterable<Row> {
  const member = String(value);
  return source.indexedRows({ collection, path, kind: 'member', bounds: { gte: member, lte: member } });
}

/** Set members are stored as text; the attribute with that value may be a number or boolean. */
function* rowsWithKeys(collection: string, path: string, keys: readonly string[], source: EntitySource): Iterable<Row> {
  for (const key of keys) for (const value of scalarsOfKey(key)) yield* rowsWithValue(collection, path, value, source);
}
