/** A sync server over the todo schema, in memory, with clients in the same process. */
import { createDB } from '@triplit/db';
import type { DB } from '@triplit/db';
import { Server } from '@triplit/server-core';
import type { ServerCoreOptions } from '@triplit/server-core';
import { connectInProcess } from './sync-client.ts';
import type { InProcessOptions, SyncClient } from './sync-client.ts';
import { todoSchema } from './todo-schema.ts';

/** Claims of tokens. */
export const alice = { sub: 'alice' };
export const bob = { sub: 'bob' };
export const anonymous = { 'x-triplit-token-type': 'anon' };
export const service = { 'x-triplit-token-type': 'secret' };

type Row = Record<string, unknown>;

export class TodoServer {
  readonly db: DB;
  readonly server: Server;

  constructor(db: DB, options: ServerCoreOptions = {}) {
    this.db = db;
    this.server = new Server(db, options);
  }

  static async start(options: ServerCoreOptions = {}): Promise<TodoServer> {
    const { db } = await createDB({ schema: todoSchema, clientId: 'server', persistClock: true });
    return new TodoServer(db, options);
  }

  /** A client that is ready. */
  async connect(token: Record<string, unknown> = alice, options: InProcessOptions = {}): Promise<SyncClient> {
    const client = connectInProcess(this.server, token, options);
    await client.next('READY');
    return client;
  }

  /** Writes as the server itself, past permissions, in one commit. */
  async write(collection: string, rows: readonly Row[], deletes: readonly string[] = []): Promise<void> {
    const sets = new Map(rows.map((row) => [row['id'] as string, row]));
    await this.db.commitChanges({ [collection]: { sets, deletes: new Set(deletes) } }, { skipRules: true }).durable;
  }

  store(...todos: Row[]): Promise<void> {
    return this.write('todos', todos);
  }

  storeUser(id: string, name: string): Promise<void> {
    return this.write('users', [{ id, name }]);
  }
}

type Contents = Record<string, { sets: Row; deletes: string[] }>;

/** What an `ENTITY_DATA` carries, by collection and id. */
export function contents({
  changes,
}: {
  changes: { json: Record<string, { sets: [string, unknown][]; deletes: string[] }> };
}): Contents {
  return Object.fromEntries(
    Object.entries(changes.json).map(([collection, { sets, deletes }]) => [
      collection,
      { sets: Object.fromEntries(sets), deletes: [...deletes].sort() },
    ]),
  );
}

export function isLater(a: readonly [number, number, string], b: readonly [number, number, string]): boolean {
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);
}
