import { expect, expectTypeOf, test } from 'vitest';
import type { MemoryHandler } from '@triplit/logger/memory';
import { MemoryHandler as Memory } from '@triplit/logger/memory';
import { HttpClient, RemoteClient, TriplitClient } from './index.ts';
import type { EntityWithSelection } from './index.ts';
import { quietLogger, schema } from './testing/todo-world.ts';
import { signToken } from './testing/tokens.ts';

function open(): { client: TriplitClient<typeof schema>; log: MemoryHandler } {
  const log = new Memory();
  return { client: new TriplitClient({ schema, autoConnect: false, logger: quietLogger(log) }), log };
}
const warnings = ({ logs }: MemoryHandler): string[] =>
  logs.filter(({ level }) => level === 'WARN').map(({ message }) => message);

test('remote is http, and is announced once', () => {
  const { client, log } = open();
  expect(client.remote).toBe(client.http);
  expect(client.remote).toBe(client.http);
  expect(warnings(log)).toEqual(['client.remote is a name of Triplit 0.x and will be removed. Use http.']);
  expectTypeOf(client.remote).toEqualTypeOf<HttpClient<typeof schema>>();
  expect(RemoteClient).toBe(HttpClient);
});

test('getSchemaJSON is getSchema', async () => {
  const { client, log } = open();
  expect(await client.getSchemaJSON()).toEqual(await client.getSchema());
  expect(warnings(log)).toHaveLength(1);
});

test('updateOptions sets what it is given, and nothing else', async () => {
  const { client } = open();
  const token = signToken({ sub: 'ann' });
  await client.updateOptions({ token });
  expect(client.token).toBe(token);
  expect(client.serverUrl).toBe(undefined);
  client.disconnect();
  await client.updateOptions({ serverUrl: 'http://localhost:1' });
  expect([client.serverUrl, client.token]).toEqual(['http://localhost:1', token]);
  await client.updateOptions({ token: undefined } as never);
  expect(client.token).toBe(undefined);
});

test('a cache and an outbox of their own are refused with the new form', () => {
  expect(() => new TriplitClient({ storage: { cache: 'memory', outbox: 'memory' } as never })).toThrow(
    /cache and the outbox share one store.*storage: 'indexeddb'/,
  );
});

test('EntityWithSelection is a QueryResult', () => {
  type Todo = EntityWithSelection<typeof schema, 'todos', ['id', 'text']>;
  expectTypeOf<Todo>().toEqualTypeOf<{ id: string; text: string }>();
  type WithOwner = EntityWithSelection<typeof schema, 'todos', ['id'], { owner: true }>;
  expectTypeOf<WithOwner['owner']>().toEqualTypeOf<{ id: string; name: string } | null>();
});
