import type { Models } from '../schema/types.ts';
import type { DB } from './database.ts';

/** The same as `db.withSessionVars(vars)`, by the name of version 1. */
export function createSession<M extends Models>(db: DB<M>, vars: Record<string, unknown>): DB<M> {
  return db.withSessionVars(vars);
}
