/** The compiled write permissions of sessions. They hold the schema and the variables that they were made with. */
import type { Session } from '../permissions/session.ts';
import type { WritePermissions } from './check-writes.ts';

/** Beyond this many sessions all are forgotten, and compiled again as they write. */
const MAX_SESSIONS = 1_000;

export class PermissionCache {
  #bySession = new WeakMap<Session, WritePermissions>();
  #anonymous: WritePermissions | undefined;
  #count = 0;

  of(session: Session | undefined, compile: () => WritePermissions): WritePermissions {
    if (session === undefined) return (this.#anonymous ??= compile());
    let permissions = this.#bySession.get(session);
    if (permissions === undefined) {
      if (++this.#count > MAX_SESSIONS) this.clear();
      permissions = compile();
      this.#bySession.set(session, permissions);
    }
    return permissions;
  }

  /** To be called when the schema or the global variables have changed. */
  clear(): void {
    this.#bySession = new WeakMap();
    this.#anonymous = undefined;
    this.#count = 0;
  }
}
