/** The compiled write permissions of sessions. They hold the schema and the variables that they were made with. */
import type { Session } from '../permissions/session.ts';
import type { WritePermissions } from './check-writes.ts';

/** Beyond this many sessions all are forgotten, and compiled again as they write. */
const MAX_SESSIONS = 1_000;

export class PermissionCache {
  #bySession = new WeakMap<Session, WritePermissions>();
  #anonymous: WritePermissions | undefined;
  #count = 0;

  of(session: Session | undefined): WritePermissions | undefined {
    return session === undefined ? this.#anonymous : this.#bySession.get(session);
  }

  remember(session: Session | undefined, permissions: WritePermissions): WritePermissions {
    if (session === undefined) return (this.#anonymous = permissions);
    if (++this.#count > MAX_SESSIONS) this.clear();
    this.#bySession.set(session, permissions);
    return permissions;
  }

  /** To be called when the schema or the global variables have changed. */
  clear(): void {
    this.#bySession = new WeakMap();
    this.#anonymous = undefined;
    this.#count = 0;
  }
}
