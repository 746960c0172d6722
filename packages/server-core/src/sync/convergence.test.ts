import { createDB } from '@triplit/db';
import type { DB, EntityMap } from '@triplit/db';
import { digestOf, encodeDigest, extendForSync, idHash } from '@triplit/db/sync';
import type { EntityDataMessage, QueryStateRequestMessage, Words } from '@triplit/db/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { connectInProcess } from '../../../../tests/support/sync-client.ts';
import type { SyncClient } from '../../../../tests/support/sync-client.ts';
import { encodedTodo, todoSchema } from '../../../../tests/support/todo-schema.ts';
import { alice, TodoServer } from '../../../../tests/support/todo-server.ts';

type Query = Parameters<DB['prepare']>[0];
type Checkpoint = readonly [number, number, string];

const queries: readonly Query[] = [
  { collectionName: 'todos', where: [['n', '=', 1]] },
  { collectionName: 'todos', where: [['done', '=', false]], include: { author: null } },
  { collectionName: 'todos', order: [['n', 'DESC']], limit: 2 },
  { collectionName: 'users' },
  {
    collectionName: 'todos',
    where: [
      {
        exists: {
          collectionName: 'users',
          where: [
            ['id', '=', '$1.authorId'],
            ['name', '=', 'A'],
          ],
        },
      },
    ],
  },
  {
    collectionName: 'todos',
    order: [
      ['author.name', 'ASC'],
      ['id', 'ASC'],
    ],
    limit: 3,
  },
];

const RELATIONAL_ORDER = queries.length - 1;

/**
 * What a client of the protocol does: it applies data messages to a cache of its own, remembers the newest timestamp,
 * and on coming back tells what it holds by asking its cache. Entities of queries that it disconnected grow stale; the
 * server knows since when within one connection, and after a reconnect the client has to say so by an older timestamp.
 * When a query visits one that the server does not keep current for it, the client connects it again. It tells by digest, however few ids there are, or lists them all.
 */
class CachingClient {
  readonly #server: TodoServer;
  readonly #cache: DB;
  readonly connected = new Set<number>();
  readonly #sendsDigests: boolean;
  readonly #wasAsked = new Set<number>();
  /** What each unanswered query was connected with, and whether a delete has met that on the way. */
  readonly #claims = new Map<number, { readonly held: Record<string, string[]>; isWrong: boolean }>();
  /** What the server keeps current of what each answered query visits. */
  readonly #kept = new Map<number, Set<string>>();
  /** What each query was last connected with. */
  readonly #timestamps = new Map<number, Checkpoint | undefined>();
  #client!: SyncClient;
  #read = 0;
  #checkpoint: Checkpoint | undefined;
  #staleSince: Checkpoint | undefined;
  #hasReconnected = false;

  private constructor(server: TodoServer, cache: DB, sendsDigests: boolean) {
    this.#sendsDigests = sendsDigests;
    this.#server = server;
    this.#cache = cache;
    this.#open();
  }

  static async start(server: TodoServer, sendsDigests: boolean): Promise<CachingClient> {
    return new CachingClient(server, (await createDB({ schema: todoSchema })).db, sendsDigests);
  }

  connect(query: number): void {
    this.receive();
    this.connected.add(query);
    this.#timestamps.set(query, this.#hasReconnected ? (this.#staleSince ?? this.#checkpoint) : this.#checkpoint);
    this.#kept.delete(query);
    this.#send(query, this.#firstRequest(query));
  }

  /** Asked for a second time, it lists all: what is gone may be another entity each time. */
  #list(query: number, request: QueryStateRequestMessage['payload']): void {
    if (!this.connected.has(query)) return;
    this.#send(query, this.#wasAsked.has(query) ? {} : request);
    this.#wasAsked.add(query);
  }

  /** Lists the ids with these hashes, or all. */
  #send(query: number, { key, hashes }: Omit<QueryStateRequestMessage['payload'], 'id'>): void {
    const params = queries[query]!;
    const timestamp = this.#timestamps.get(query);
    const held = sortedIds(this.#visited(params));
    this.#claims.set(query, { held, isWrong: false });
    const state = timestamp && { timestamp, ...(key && hashes ? withDigest(held, key, hashes) : { entityIds: held }) };
    this.#client.send('CONNECT_QUERY', { id: String(query), params, state });
  }

  disconnect(query: number): void {
    this.receive();
    this.connected.delete(query);
    this.#staleSince ??= this.#checkpoint;
    this.#client.send('DISCONNECT_QUERY', { id: String(query) });
  }

  /** The network fails, and what was on its way is lost. */
  reconnect(): void {
    this.receive();
    this.#client.close();
    this.#claims.clear();
    this.#open();
    this.#hasReconnected = true;
    for (const query of this.connected) this.connect(query);
  }

  /** Applies what has arrived. */
  receive(): void {
    for (; this.#read < this.#client.received.length; this.#read++) {
      const { type, payload } = this.#client.received[this.#read]!;
      if (type === 'READY') continue;
      if (type === 'QUERY_STATE_REQUEST') {
        requests[payload.hashes ? 'hashes' : 'all']++;
        this.#list(Number(payload.id), payload);
        continue;
      }
      expect(type).toBe('ENTITY_DATA');
      for (const [collection, { sets, deletes }] of Object.entries<any>(payload.changes.json)) {
        const replaced = new Set<string>([...deletes, ...sets.map(([id]: [string]) => id)]);
        this.#cache.commitChanges({ [collection]: { sets: new Map(sets), deletes: replaced } }, { skipRules: true });
      }
      this.#checkpoint = payload.timestamp;
      this.#judgeClaims(payload);
      this.#askAboutUnkept();
    }
  }

  /** The answer to a claim may hold what is not in the query any more, of what was claimed. */
  #takeNote(query: number, claim: readonly string[] | undefined, sets: readonly string[]): void {
    const kept = claim === undefined ? (this.#kept.get(query) ?? new Set()) : new Set(claim);
    for (const id of sets) kept.add(id);
    const visited = idList(sortedIds(this.#visited(queries[query]!)));
    this.#kept.set(query, new Set(visited.filter((id) => kept.has(id))));
  }

  #askAboutUnkept(): void {
    for (const query of this.connected) {
      const kept = this.#kept.get(query);
      if (this.#claims.has(query) || kept === undefined) continue;
      const visited = idList(sortedIds(this.#visited(queries[query]!)));
      if (visited.some((id) => !kept.has(id))) this.#send(query, this.#firstRequest(query));
    }
  }

  #firstRequest(query: number): Omit<QueryStateRequestMessage['payload'], 'id'> {
    this.#wasAsked.delete(query);
    return this.#sendsDigests ? { hashes: [], key: [1, query] } : {};
  }

  /** Asks again where the answer was to something that had become wrong. */
  #judgeClaims({ forQueries, changes }: EntityDataMessage['payload']): void {
    const sets = Object.entries<any>(changes.json as object).flatMap(([collection, part]) =>
      part.sets.map(([id]: [string]) => `${collection} ${id}`),
    );
    for (const query of this.connected) if (!this.#claims.has(query)) this.#takeNote(query, undefined, sets);
    for (const [query, claim] of [...this.#claims]) {
      const isAnswered = forQueries.includes(String(query));
      if (isAnswered) {
        this.#claims.delete(query);
        this.#takeNote(query, idList(claim.held), sets);
        if (claim.isWrong && this.connected.has(query)) this.#send(query, {});
      }
      const taken = Object.entries<any>(changes.json as object);
      if (taken.some(([collection, { deletes }]) => claim.held[collection]?.some((id) => deletes.includes(id))))
        claim.isWrong ||= !isAnswered;
    }
  }

  /**
   * Every entity that a connected query visits on the server is in the cache, in its present state. The query visits the
   * same ones in the cache, unless its order asks for related entities, which the client has of its results only and not of
   * the other rows in its cache.
   */
  expectCurrent(): void {
    const session = this.#server.db.withSessionVars(alice);
    for (const query of this.connected) {
      const visited = session.entitiesOf(session.prepare(queries[query]!, { extend: extendForSync }));
      for (const [collection, rows] of visited)
        for (const [id, row] of rows)
          expect(this.#cache.rowOf(collection, id), `query ${query}: ${collection} ${id}`).toEqual(row);
      if (query !== RELATIONAL_ORDER) expect(sortedIds(this.#visited(queries[query]!))).toEqual(sortedIds(visited));
    }
  }

  #open(): void {
    this.#client = connectInProcess(this.#server.server, alice, { features: new Set(['digest'] as const) });
    this.#read = 0;
  }

  #visited(query: Query): EntityMap {
    return this.#cache.entitiesOf(this.#cache.prepare(query, { skipRules: true, extend: extendForSync }));
  }
}

/** How often the server asked for ids. */
const requests = { hashes: 0, all: 0 };

function withDigest(held: Record<string, string[]>, key: Words, hashes: readonly Words[]) {
  const isNamed = (collection: string, id: string): boolean =>
    hashes.some((named) => String(named) === String(idHash(key, collection)(id)));
  const split = (wanted: boolean): Record<string, string[]> =>
    Object.fromEntries(
      Object.entries(held).map(([collection, ids]) => [
        collection,
        ids.filter((id) => isNamed(collection, id) === wanted),
      ]),
    );
  return { entityIds: split(true), digest: encodeDigest(digestOf(Object.entries(split(false)), key)) };
}

const idList = (ids: Record<string, string[]>): string[] =>
  Object.entries(ids).flatMap(([collection, list]) => list.map((id) => `${collection} ${id}`));

function sortedIds(entities: EntityMap): Record<string, string[]> {
  return Object.fromEntries([...entities].map(([collection, rows]) => [collection, [...rows.keys()].sort()]));
}

const todoId = fc.constantFrom('t1', 't2', 't3', 't4');
const userId = fc.constantFrom('u1', 'u2');
const query = fc.nat(queries.length - 1);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      id: todoId,
      n: fc.nat(3),
      done: fc.boolean(),
      authorId: userId,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), id: todoId }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('rename' as const), id: userId, name: fc.constantFrom('A', 'B') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove user' as const), id: userId }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('connect' as const), query }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('disconnect' as const), query }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reconnect' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
);

const steps = (allowed: typeof step) => fc.array(allowed, { minLength: 5, maxLength: 40 });
const history = fc.oneof(steps(step), steps(step.filter((action) => action.do !== 'disconnect')));

it.each([
  ['listing ids', false],
  ['by digest', true],
])(
  'a client that resumes %s holds the present state of all that its queries visit, whatever happens',
  async (_how, sendsDigests) => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        let flushes: (() => void)[] = [];
        const todos = await TodoServer.start({ schedule: (task) => void flushes.push(task) });
        const client = await CachingClient.start(todos, sendsDigests);
        const settle = async () => {
          for (let round = 0; round < 6; round++) {
            const due = flushes;
            flushes = [];
            for (const flush of due) flush();
            await new Promise((resolve) => setImmediate(resolve));
            client.receive();
          }
        };
        for (const action of steps) {
          switch (action.do) {
            case 'set': {
              const { id, n, done, authorId } = action;
              await todos.store(encodedTodo(id, { n, done, authorId }));
              break;
            }
            case 'delete':
              await todos.write('todos', [], [action.id]);
              break;
            case 'rename':
              await todos.storeUser(action.id, action.name);
              break;
            case 'remove user':
              await todos.write('users', [], [action.id]);
              break;
            case 'connect':
              client.connect(action.query);
              break;
            case 'disconnect':
              client.disconnect(action.query);
              break;
            case 'reconnect':
              client.reconnect();
              break;
            case 'flush':
              await settle();
              client.expectCurrent();
              break;
          }
        }
        await settle();
        client.expectCurrent();
      }),
      { numRuns: 300 },
    );
    // The sets are too small for more differences than a digest can tell.
    if (sendsDigests) expect(requests).toEqual({ hashes: expect.any(Number), all: 0 });
    if (sendsDigests) expect(requests.hashes).toBeGreaterThan(5);
  },
  60_000,
);
