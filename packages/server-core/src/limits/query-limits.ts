/**
 * How large a query of a client may be. Looked at before anything else is done with it, on the plain data that came in:
 * whatever it may contain, looking takes no longer than the limits allow.
 */
import { LimitExceededError } from '../errors.ts';
import type { ServerLimits } from './limits.ts';

type QueryLimits = Pick<ServerLimits, 'includeDepth' | 'filterSize' | 'listLength'>;

/** Throws a LimitExceededError that names the limit. */
export function requireQueryWithinLimits(query: unknown, limits: QueryLimits): void {
  let size = 0;
  const count = () => {
    size += 1;
    if (size > limits.filterSize)
      throw exceeded('filterSize', limits.filterSize, 'filters, order clauses and subqueries');
  };
  const requireDepth = (depth: number) => {
    if (depth > limits.includeDepth) throw exceeded('includeDepth', limits.includeDepth, 'nested relations');
  };
  const requireLength = (list: readonly unknown[]) => {
    if (list.length > limits.listLength) throw exceeded('listLength', limits.listLength, 'values in one list');
  };

  const lookAtQuery = (value: unknown, depth: number): void => {
    requireDepth(depth);
    if (!isObject(value)) return;
    count();
    const { where, include, order, after } = value;
    if (where !== undefined) lookAtFilter(where, depth);
    if (isObject(include)) for (const inclusion of Object.values(include)) lookAtInclusion(inclusion, depth + 1);
    if (Array.isArray(order)) {
      for (const clause of order) {
        count();
        if (!Array.isArray(clause)) continue;
        lookAtPath(clause[0], depth);
        if (isObject(clause[2])) lookAtQuery(clause[2]['subquery'] ?? clause[2], depth + 1);
      }
    }
    if (Array.isArray(after) && Array.isArray(after[0])) requireLength(after[0]);
  };
  const lookAtInclusion = (value: unknown, depth: number): void => {
    requireDepth(depth);
    count();
    if (!isObject(value)) return;
    lookAtQuery(value['subquery'] ?? value, depth);
    if (isObject(value['_extra'])) lookAtQuery(value['_extra'], depth);
  };
  const lookAtFilter = (value: unknown, depth: number): void => {
    count();
    if (Array.isArray(value)) {
      if (typeof value[0] === 'string') {
        lookAtPath(value[0], depth);
        if (Array.isArray(value[2])) requireLength(value[2]);
      } else for (const filter of value) lookAtFilter(filter, depth);
      return;
    }
    if (!isObject(value)) return;
    if ('exists' in value) lookAtQuery(value['exists'], depth + 1);
    if ('filters' in value) lookAtFilter(value['filters'], depth);
  };
  /** Each dot of a path may be a step to another collection. */
  const lookAtPath = (path: unknown, depth: number): void => {
    if (typeof path === 'string') requireDepth(depth + path.split('.', limits.includeDepth + 2).length - 1);
  };

  lookAtQuery(query, 0);
}

function exceeded(limit: keyof QueryLimits, most: number, what: string): LimitExceededError {
  return new LimitExceededError(
    `The query has more than ${most} ${what}, which is the limit '${limit}'. Split it, or raise the limit.`,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
