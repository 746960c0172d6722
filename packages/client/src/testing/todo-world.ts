/** A small world for client tests: todos that belong to people, and clients of one server. */
import { Schema as S } from '@triplit/db';
import type { DBSchema, Roles } from '@triplit/db';
import type { Feature } from '@triplit/db/sync';
import { Logger } from '@triplit/logger';
import { MemoryHandler } from '@triplit/logger/memory';
import { TriplitClient } from '../client.ts';
import type { ClientOptions } from '../client-options.ts';
import type { Sharing } from '../sharing/sharing.ts';
import type { WorkerClientOptions } from '../worker/worker-client.ts';
import { startWorker } from './worker-page.ts';
import { LoopbackServer } from './loopback.ts';
import type { LoopbackTransport } from './loopback.ts';
import { SERVICE_CLAIMS, signToken } from './tokens.ts';

const own = { filter: [['ownerId', '=', '$role.userId']] } as const;

export const schema = S.Collections({
  todos: {
    schema: S.Schema({
      id: S.Id(),
      text: S.String(),
      done: S.Boolean({ default: false }),
      rank: S.Number({ default: 0 }),
      ownerId: S.String({ default: 'nobody' }),
      isPublic: S.Boolean({ default: false }),
      tags: S.Set(S.String(), { default: S.Default.Set.empty() }),
    }),
    relationships: { owner: S.RelationById('people', '$ownerId') },
    permissions: {
      user: {
        read: {
          filter: [
            {
              mod: 'or',
              filters: [
                ['ownerId', '=', '$role.userId'],
                ['isPublic', '=', true],
              ],
            },
          ],
        },
        insert: own,
        update: own,
        postUpdate: own,
        delete: own,
      },
    },
  },
  people: { schema: S.Schema({ id: S.Id(), name: S.String() }) },
});
export const roles: Roles = { user: { match: { sub: '$userId' } } };
export const dbSchema: DBSchema = { collections: schema, roles } as unknown as DBSchema;

export type TodoClient = TriplitClient<typeof schema>;

export interface TestClient {
  readonly client: TodoClient;
  readonly transport: LoopbackTransport;
  readonly log: MemoryHandler;
}

export type Place = 'in the page' | 'in a worker';

export class TodoWorld {
  readonly server: LoopbackServer;
  readonly #place: Place;
  readonly #clients: TodoClient[] = [];
  readonly #ports: { close(): void }[] = [];

  private constructor(server: LoopbackServer, place: Place) {
    this.server = server;
    this.#place = place;
  }

  /** `features`: what the server grants beyond version 1. `place`: where clients run. */
  static async start(features?: ReadonlySet<Feature>, place: Place = 'in the page'): Promise<TodoWorld> {
    return new TodoWorld(await LoopbackServer.start(dbSchema, features), place);
  }

  /** A client with the service token, unless the options say otherwise. */
  open(options: Partial<ClientOptions<typeof schema>> = {}, sharing?: Sharing): TestClient {
    const transport = this.server.transport();
    const log = new MemoryHandler();
    const all = {
      schema,
      roles,
      serverUrl: 'http://loopback.test',
      token: signToken(SERVICE_CLAIMS),
      logger: quietLogger(log),
      pingInterval: 0,
      ...options,
    };
    const client =
      this.#place === 'in a worker'
        ? this.#openInWorker(all as WorkerClientOptions<typeof schema>, transport)
        : new TriplitClient({ transport, ...all }, sharing);
    this.#clients.push(client);
    return { client, transport, log };
  }

  /** Each in a worker of its own, whose transport is returned. */
  #openInWorker(options: WorkerClientOptions<typeof schema>, transport: LoopbackTransport): TodoClient {
    const page = startWorker(transport).open(options);
    this.#ports.push(page);
    return page.client;
  }

  openAs(person: string, options: Partial<ClientOptions<typeof schema>> = {}, sharing?: Sharing): TestClient {
    return this.open({ token: signToken({ sub: person }), ...options }, sharing);
  }

  /** What the server has, past all permissions. */
  serverTodos(): Promise<Record<string, any>[]> {
    return this.server.db.fetch({ collectionName: 'todos', order: [['id', 'ASC']] }, { skipRules: true });
  }

  /** Its program was killed: it cannot be closed any more. */
  forget(client: TodoClient): void {
    this.#clients.splice(this.#clients.indexOf(client), 1);
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    for (const port of this.#ports) port.close();
  }
}

/** Writes to the handler only; the client's console handler is not accepted. */
export function quietLogger(handler: MemoryHandler): Logger {
  const logger = new Logger([], undefined, 'DEBUG');
  logger.registerHandler(handler, { exclusive: true });
  return logger;
}
