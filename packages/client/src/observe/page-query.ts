/** The queries behind pages: an order without ties, reversed orders, and cursors taken from rows. Callers' queries stay as they are. */
import type { CollectionQuery } from '@triplit/db';
import type { AnyEntity } from '../any-entity.ts';

type Order = readonly (readonly [path: string, direction: 'ASC' | 'DESC'])[];
type Cursor = readonly (string | number | boolean | Date | null)[];

export interface PageQuery {
  readonly base: CollectionQuery;
  /** Ends in the id, so that no two rows are equal in it. */
  readonly order: Order;
  readonly limit: number;
  /** Attributes that cursors need and the caller did not select. */
  readonly hidden: readonly string[];
}

export function pageQuery(query: CollectionQuery, limit: number): PageQuery {
  const given = (query.order ?? []) as Order;
  const order: Order = given.some(([path]) => path === 'id') ? given : [...given, ['id', 'ASC']];
  const { select } = query;
  const hidden = select === undefined ? [] : order.map(([path]) => path).filter((path) => !isSelected(select, path));
  const base = hidden.length === 0 ? { ...query } : { ...query, select: [...select!, ...hidden] };
  return { base, order, limit, hidden };
}

/** Rows after the cursor in the order of the pages, or before it in the reversed order. */
export function rowsFrom(
  { base, order }: PageQuery,
  limit: number,
  direction: 'forward' | 'backward',
  after?: readonly [cursor: Cursor, inclusive: boolean],
): CollectionQuery {
  const directed =
    direction === 'forward' ? order : order.map(([path, way]) => [path, way === 'ASC' ? 'DESC' : 'ASC'] as const);
  return { ...base, order: directed, limit, after: after ?? base.after };
}

/** The place of a row in the order. */
export function cursorOf(row: AnyEntity, { order }: PageQuery): Cursor {
  return order.map(([path]) => (valueAt(row, path) ?? null) as Cursor[number]);
}

/** The row as the caller selected it. */
export function withoutHidden(rows: readonly AnyEntity[], { hidden }: PageQuery): AnyEntity[] {
  if (hidden.length === 0) return [...rows];
  return rows.map((row) => {
    const visible = { ...row };
    for (const path of hidden) delete visible[path.split('.')[0]!];
    return visible;
  });
}

function isSelected(select: readonly string[], path: string): boolean {
  return select.some((selected) => selected === path || path.startsWith(`${selected}.`));
}

function valueAt(row: AnyEntity, path: string): unknown {
  let value: unknown = row;
  for (const key of path.split('.')) value = (value as AnyEntity | null | undefined)?.[key];
  return value;
}
