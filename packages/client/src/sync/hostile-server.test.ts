/** Whatever a server says, the client goes on: nothing is thrown into the socket, and good messages still count. */
import { MemoryHandler } from '@triplit/logger/memory';
import type { ClientSyncMessage } from '@triplit/db/sync';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TriplitClient } from '../client.ts';
import { quietLogger, schema } from '../testing/todo-world.ts';
import { signToken } from '../testing/tokens.ts';
import { CallbackTransport } from '../transport/callback-transport.ts';
import type { ConnectionStatus } from './connection-state.ts';

/** A server that says what it is told to. */
class ScriptedTransport extends CallbackTransport {
  connectionStatus: ConnectionStatus = 'UNINITIALIZED';
  readonly sent: ClientSyncMessage[] = [];

  connect(): void {
    this.connectionStatus = 'CONNECTING';
    setTimeout(() => {
      this.connectionStatus = 'OPEN';
      this.tellOpen();
      this.say({ type: 'READY', payload: { clientId: 'c', features: ['transactions'] } });
    });
  }
  sendMessage(message: ClientSyncMessage): boolean {
    this.sent.push(message);
    return true;
  }
  close(): void {
    this.connectionStatus = 'CLOSED';
    setTimeout(() => this.tellClose({ reason: '' }));
  }
  say(message: unknown): void {
    this.tellMessage({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }
}

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 1_000, interval: 5 });
const unhandled = vi.fn();
let transport: ScriptedTransport;
let client: TriplitClient<typeof schema>;
let log: MemoryHandler;

beforeEach(async () => {
  unhandled.mockClear();
  process.on('unhandledRejection', unhandled);
  transport = new ScriptedTransport();
  log = new MemoryHandler();
  client = new TriplitClient({
    schema,
    transport,
    serverUrl: 'http://scripted.test',
    token: signToken({ sub: 'ann' }),
    logger: quietLogger(log),
    pingInterval: 0,
  });
  await eventually(() => expect(client.syncEngine.serverReady).toBe(true));
});
afterEach(async () => {
  await client.close();
  await new Promise((resolve) => setTimeout(resolve, 10));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

const at = (tick: number) => [Date.now() + 1000, tick, 'server'];
/** With the annotations that belong to it. */
function entityData(json: unknown, forQueries: unknown, timestamp: unknown = at(1)): object {
  const names = typeof json === 'object' ? Object.keys(json!) : [];
  const values = Object.fromEntries(
    names.flatMap((name) => [
      [`${name}.sets`, ['map']],
      [`${name}.deletes`, ['set']],
    ]),
  );
  return { type: 'ENTITY_DATA', payload: { changes: { json, meta: { values, v: 1 } }, timestamp, forQueries } };
}
const row = { id: 'a', text: 'a', done: false, rank: 0, ownerId: 'x', isPublic: true, tags: {} };
const todos = (sets: unknown, deletes: unknown = []) => ({ todos: { sets, deletes } });

async function stillWorks(): Promise<void> {
  const query = client.query('todos').Id('good');
  const seen: number[] = [];
  client.subscribe(query, (rows) => seen.push(rows.length));
  await eventually(() => expect(client.syncEngine.queries.size).toBe(1));
  const [id] = [...client.syncEngine.queries.keys()];
  transport.say(entityData(todos([['good', { ...row, id: 'good' }]]), [id], at(9)));
  await eventually(() => expect(seen.at(-1)).toBe(1));
  expect([client.connectionStatus, client.syncEngine.hasServerRespondedForQuery(query)]).toEqual(['OPEN', true]);
}

test.each([
  ['no text', ''],
  ['no JSON', '{'],
  ['null', 'null'],
  ['a list', '[]'],
  ['an unknown type', { type: 'NEW', payload: {} }],
  ['a type that every object has', { type: 'constructor', payload: {} }],
  ['no payload', { type: 'ENTITY_DATA' }],
  ['an answer without changes', { type: 'ENTITY_DATA', payload: { timestamp: at(1), forQueries: [] } }],
  ['an answer without time', entityData(todos([]), [], null)],
  ['changes that are none', entityData(42, [])],
  ['changes of a collection that are none', entityData({ todos: 42 }, [])],
  ['sets that are none', entityData(todos(42), [])],
  ['an entity that is none', entityData(todos([['a', 42]]), [])],
  ['an entity that is null', entityData(todos([['a', null]]), [])],
  ['an entity without an id', entityData(todos([['a', { text: 'a' }]]), [])],
  ['an id that is no text', entityData(todos([[1, row]]), [])],
  ['attributes that the schema does not know', entityData(todos([['a', { ...row, new: { deep: [1] } }]]), [])],
  ['values of other types', entityData(todos([['a', { ...row, text: 1, tags: 'none', rank: 'x' }]]), [])],
  [
    'a collection that the schema does not know',
    entityData({ others: { sets: [['a', { id: 'a' }]], deletes: [] } }, []),
  ],
  ['names that every object has', entityData({ constructor: { sets: [], deletes: [] } }, ['__proto__', 'toString'])],
  ['deletes that are none', entityData(todos([], 42), [])],
  ['queries that nobody asked for', entityData(todos([]), ['unknown'])],
  ['an answer from the past', entityData(todos([]), [], [0, 0, ''])],
  ['an acknowledgement of nothing', { type: 'CHANGES_ACK', payload: { timestamp: at(1) } }],
  ['an error without one', { type: 'ERROR', payload: {} }],
  ['an error of nothing', { type: 'ERROR', payload: { messageType: 'CHANGES', error: { name: 'TriplitError' } } }],
  [
    'an error about an unknown query',
    { type: 'ERROR', payload: { error: { name: 'x' }, metadata: { queryKey: 'q' } } },
  ],
  ['a second READY', { type: 'READY', payload: { clientId: 'c' } }],
  ['a question about an unknown query', { type: 'QUERY_STATE_REQUEST', payload: { id: 'q' } }],
  ['a close without a reason', { type: 'CLOSE', payload: {} }],
])('%s', async (_what, message) => {
  expect(() => transport.say(message)).not.toThrow();
  await stillWorks();
});

describe('a write', () => {
  const answered = (payload: object) => ({ type: 'CHANGES_ACK', payload: { timestamp: at(2), ...payload } });
  const changes = () => transport.sent.filter(({ type }) => type === 'CHANGES');

  test.each([
    ['an acknowledgement that names others', answered({ rejected: [{ id: 'other', error: { name: 'x' } }] })],
    ['an acknowledgement that repeats others', answered({ repeated: [{ id: 'other', timestamp: at(1) }] })],
    ['an acknowledgement from the past', { type: 'CHANGES_ACK', payload: { timestamp: [0, 0, ''] } }],
  ])('is over after %s', async (_what, message) => {
    await client.insert('todos', { id: 'mine', text: 'mine' });
    await eventually(() => expect(changes()).toHaveLength(1));
    expect(() => transport.say(message)).not.toThrow();
    await eventually(() => expect(client.pendingChanges()).resolves.toEqual([]));
    expect(await client.fetchById('todos', 'mine', { policy: 'local-only' })).toMatchObject({ text: 'mine' });
    await stillWorks();
  });

  test.each([
    ['a malformed acknowledgement', { type: 'CHANGES_ACK', payload: { timestamp: 42 } }],
    ['an error about something else', { type: 'ERROR', payload: { messageType: 'PING', error: { name: 'x' } } }],
  ])('still waits after %s', async (_what, message) => {
    await client.insert('todos', { id: 'mine', text: 'mine' });
    await eventually(() => expect(changes()).toHaveLength(1));
    transport.say(message);
    expect(await client.pendingChanges()).toHaveLength(1);
    transport.say(answered({}));
    await eventually(() => expect(client.pendingChanges()).resolves.toEqual([]));
  });
});
