/**
 * What makes two queries the same query: the clauses, in any order of keys, however they were built. Everything of sync
 * works on this plain JSON form, in which Dates are ISO strings, Sets are lists, and absent clauses are absent.
 */
import { hashObject } from '@triplit/db';
import type { CollectionQuery } from '@triplit/db';

const CLAUSES = ['after', 'collectionName', 'include', 'limit', 'order', 'select', 'vars', 'where'] as const;

export interface IdentifiedQuery {
  /** Plain JSON, as it is sent. */
  readonly params: CollectionQuery;
  /** Equal exactly for equal queries. */
  readonly text: string;
  /** Short; in rare cases equal for different queries. */
  readonly hash: string;
}

export function identifyQuery(query: CollectionQuery): IdentifiedQuery {
  const clauses: Record<string, unknown> = {};
  for (const clause of CLAUSES) {
    const value = query[clause];
    if (value !== undefined && !(clause !== 'select' && isEmpty(value))) clauses[clause] = value;
  }
  const params = JSON.parse(JSON.stringify(clauses, setsAsLists)) as CollectionQuery;
  return { params, text: stableText(params), hash: String(hashObject(params)) };
}

function isEmpty(clause: unknown): boolean {
  return typeof clause === 'object' && clause !== null && Object.keys(clause).length === 0;
}

function setsAsLists(_key: string, value: unknown): unknown {
  return value instanceof Set ? [...value] : value;
}

/** JSON with sorted keys. */
export function stableText(json: unknown): string {
  if (Array.isArray(json)) return `[${json.map(stableText).join(',')}]`;
  if (typeof json !== 'object' || json === null) return JSON.stringify(json) ?? 'null';
  const members = Object.entries(json).map(([key, value]) => `${JSON.stringify(key)}:${stableText(value)}`);
  return `{${members.toSorted().join(',')}}`;
}
