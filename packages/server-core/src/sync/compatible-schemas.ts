/**
 * The client schemas known to work with the server's schema, as a stored list of hashes, so that a client whose schema
 * was looked at once connects at once the next time.
 */
import { diffSchemas, getBackwardsIncompatibleEdits, hashObject } from '@triplit/db';
import type { DB, DBSchema, SchemaChange } from '@triplit/db';

export const NO_SERVER_SCHEMA =
  'The server does not have a schema, but the connecting client does. The server may send un-handleable data and break the client application.';
export const INCOMPATIBLE_SCHEMA = 'The client schema is not backwards compatible with the server schema.';

const listKey = ['server', 'compatibilityList'];

export class CompatibleSchemas {
  readonly #db: DB;
  readonly #capacity: number;
  #hashes: Promise<readonly number[]> | undefined;

  constructor(db: DB, capacity: number) {
    this.#db = db;
    this.#capacity = capacity;
  }

  async has(hash: number): Promise<boolean> {
    return (await this.#load()).includes(hash);
  }

  async add(hash: number): Promise<void> {
    if (!Number.isSafeInteger(hash)) return;
    const hashes = await this.#load();
    if (!hashes.includes(hash)) await this.#store([...hashes, hash].slice(-this.#capacity));
  }

  /** Keeps the list when the new schema is compatible with the old one, starts it anew otherwise. */
  async follow(change: SchemaChange): Promise<void> {
    if (!change.successful || !change.newSchema) return;
    const hash = hashObject(change.newSchema.collections);
    if (change.issues.length === 0) await this.add(hash);
    else await this.#store([hash]);
  }

  /** Forgets what was read, after the database was cleared. */
  reload(): void {
    this.#hashes = undefined;
  }

  #load(): Promise<readonly number[]> {
    this.#hashes ??= Promise.resolve(this.#db.getMetadata(listKey)).then((stored) =>
      Array.isArray(stored) ? stored.filter((hash): hash is number => typeof hash === 'number') : [],
    );
    return this.#hashes;
  }

  async #store(hashes: readonly number[]): Promise<void> {
    this.#hashes = Promise.resolve(hashes);
    await this.#db.setMetadata(listKey, hashes);
  }
}

/** Whether a client with the one schema can work with a server that has the other. Throws on what is no schema at all. */
export function isCompatible(clientSchema: DBSchema, serverSchema: DBSchema): boolean {
  return getBackwardsIncompatibleEdits(diffSchemas(clientSchema, serverSchema)).length === 0;
}
