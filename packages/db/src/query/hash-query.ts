/**
 * 32-bit hashes of queries, for names and statistics. Equal queries hash equally whatever the order of filters, selected
 * paths and inclusions; different ones nearly always differ. Where a collision would matter, compare `preparedQueryKey`.
 */
import type {
  CollectionQuery,
  PreparedFilter,
  PreparedInclusion,
  PreparedOrder,
  PreparedQuery,
  QueryCursor,
} from '../ast/query.ts';
import { canonicalText } from '../values/canonical-text.ts';
import { fnv1aHash, hash } from '../values/hash.ts';
import { filterKey, filtersKey } from './filter-key.ts';

const QUERY_CLAUSES = ['after', 'collectionName', 'select', 'include', 'limit', 'order', 'vars', 'where'] as const;

/** Of a query as written, as decimal text: the key under which clients know their queries. Unknown keys play no part. */
export function hashQuery(query: CollectionQuery): string {
  const clauses: Record<string, unknown> = {};
  for (const clause of QUERY_CLAUSES) {
    const value = query[clause];
    if (value !== undefined) clauses[clause] = value;
  }
  return hash(clauses);
}

/** Of a prepared query, unsigned. */
export function hashPreparedQuery(query: PreparedQuery): number {
  return fnv1aHash(queryText(query));
}

export function hashFilter(filter: PreparedFilter): { hash: number; sortKey: string } {
  const sortKey = filterKey(filter);
  return { hash: fnv1aHash(sortKey), sortKey };
}
export function hashFilters(filters: readonly PreparedFilter[] | undefined): number {
  return fnv1aHash(filtersText(filters));
}
export function hashOrder(order: readonly PreparedOrder[] | undefined): number {
  return fnv1aHash(orderText(order));
}
export function hashSelect(select: readonly string[] | undefined): number {
  return fnv1aHash(selectText(select));
}
export function hashInclusions(include: PreparedQuery['include']): number {
  return fnv1aHash(inclusionsText(include));
}
export function hashAfter(after: QueryCursor | undefined): number {
  return fnv1aHash(canonicalText(after));
}
export function hashLimit(limit: number | undefined): number {
  return fnv1aHash(canonicalText(limit));
}

function queryText(query: PreparedQuery): string {
  return [
    canonicalText(query.collectionName),
    selectText(query.select),
    inclusionsText(query.include),
    filtersText(query.where),
    orderText(query.order),
    canonicalText(query.limit),
    canonicalText(query.after),
  ].join(';');
}

function selectText(select: readonly string[] | undefined): string {
  return select === undefined ? '' : canonicalText(new Set(select));
}

function filtersText(filters: readonly PreparedFilter[] | undefined): string {
  return filtersKey(filters ?? []);
}

function orderText(order: readonly PreparedOrder[] | undefined): string {
  return (order ?? [])
    .map(
      ([path, direction, relation]) => `${canonicalText([path, direction])}${relation ? inclusionText(relation) : ''}`,
    )
    .join(',');
}

function inclusionsText(include: PreparedQuery['include']): string {
  return Object.entries(include ?? {})
    .map(([alias, inclusion]) => `${canonicalText(alias)}:${inclusionText(inclusion)}`)
    .sort()
    .join(',');
}

function inclusionText({ subquery, cardinality }: PreparedInclusion): string {
  return `${cardinality}(${queryText(subquery)})`;
}
