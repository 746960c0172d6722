/** One page of a query: its rows, how many there are in all, and whether there are more on either side. */
import type { CollectionQuery, PreparedQuery } from '../ast/query.ts';
import type { Session } from '../permissions/session.ts';
import type { DatabaseCore } from './database-core.ts';
import type { Entity } from './result-reader.ts';

export interface Page<T> {
  results: T[];
  /** Every entity that matches, whatever limit and cursor. */
  total: number;
  hasNextPage: boolean;
  hasPreviousPage: boolean;
}

export function fetchPage(
  core: DatabaseCore,
  query: CollectionQuery,
  session: Session | undefined,
  skipRules: boolean,
): Page<Entity> {
  const prepared = core.prepare(query, session, { skipRules });
  const { engine } = core;
  const { limit, after } = prepared;
  // One row more shows whether there is a next page.
  const wanted = limit === undefined ? prepared : { ...prepared, limit: limit + 1 };
  const { nodes } = engine.fetch(engine.compile(wanted));
  const page = limit === undefined ? nodes : nodes.slice(0, limit);
  return {
    results: core.reader(prepared).readFresh({ nodes: page }),
    total: engine.count(engine.compile(prepared)),
    hasNextPage: page.length < nodes.length,
    hasPreviousPage: after !== undefined && engine.fetch(engine.compile(before(prepared, after))).nodes.length > 0,
  };
}

/** The last row before the cursor. */
function before(query: PreparedQuery, [values, inclusive]: NonNullable<PreparedQuery['after']>): PreparedQuery {
  return {
    ...query,
    select: undefined,
    include: undefined,
    order: query.order?.map(([path, direction, relation]) => {
      const opposite = direction === 'ASC' ? 'DESC' : 'ASC';
      return relation === undefined ? [path, opposite] : [path, opposite, relation];
    }),
    limit: 1,
    after: [values, !inclusive],
  };
}
