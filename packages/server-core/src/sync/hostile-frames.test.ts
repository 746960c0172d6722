import { beforeEach, describe, expect, it } from 'vitest';
import type { SyncClient } from '../../../../tests/support/sync-client.ts';
import { TodoServer } from '../../../../tests/support/todo-server.ts';

let todos: TodoServer;
beforeEach(async () => {
  todos = await TodoServer.start();
});

describe('hostile frames', () => {
  const frames: [what: string, frame: string][] = [
    ['no JSON', '{nope'],
    ['nothing', ''],
    ['null', 'null'],
    ['a number', '5'],
    ['a list', '[]'],
    ['an empty object', '{}'],
    ['an unknown type', '{"type":"WHAT","payload":{}}'],
    ['a type that every object has', '{"type":"constructor","payload":{}}'],
    ['PING without payload', '{"type":"PING"}'],
    ['CHANGES without payload', '{"type":"CHANGES"}'],
    ['CHANGES with an empty payload', '{"type":"CHANGES","payload":{}}'],
    ['CHANGES that are null', '{"type":"CHANGES","payload":{"changes":{"json":{"todos":null}}}}'],
    [
      'CHANGES of a collection named __proto__',
      '{"type":"CHANGES","payload":{"changes":{"json":{"__proto__":{"sets":[],"deletes":[]}}}}}',
    ],
    [
      'CHANGES with a broken annotation',
      '{"type":"CHANGES","payload":{"changes":{"json":{"todos":{}},"meta":{"values":{"todos.sets.x":["map"]}}}}}',
    ],
    ['CONNECT_QUERY without payload', '{"type":"CONNECT_QUERY"}'],
    ['CONNECT_QUERY without query', '{"type":"CONNECT_QUERY","payload":{"id":"x"}}'],
    [
      'CONNECT_QUERY with a broken where',
      '{"type":"CONNECT_QUERY","payload":{"id":"x","params":{"collectionName":"todos","where":[[[[null]]]]}}}',
    ],
    [
      'CONNECT_QUERY with a broken state',
      '{"type":"CONNECT_QUERY","payload":{"id":"x","params":{"collectionName":"todos"},"state":{"timestamp":5}}}',
    ],
    ['SCHEMA_RESPONSE without payload', '{"type":"SCHEMA_RESPONSE"}'],
    ['SCHEMA_RESPONSE with nonsense', '{"type":"SCHEMA_RESPONSE","payload":{"schema":{"collections":{"todos":5}}}}'],
    ['UPDATE_TOKEN without payload', '{"type":"UPDATE_TOKEN"}'],
    ['CHUNK without payload', '{"type":"CHUNK"}'],
    ['CHUNK with an impossible index', '{"type":"CHUNK","payload":{"id":"a","data":"x","index":9,"total":2}}'],
    ['CHUNK of nothing readable', '{"type":"CHUNK","payload":{"id":"a","data":"{","index":0,"total":1}}'],
    [
      'a very deep query',
      `{"type":"CONNECT_QUERY","payload":{"id":"x","params":{"collectionName":"todos","where":${'['.repeat(50_000)}${']'.repeat(50_000)}}}}`,
    ],
  ];

  it.each(frames)('are answered by an error: %s', async (_what, frame) => {
    const client = await todos.connect();
    client.sendText(frame);
    expect(['ERROR', 'CLOSE']).toContain((await nextMessage(client)).type);
    const other = await todos.connect();
    other.send('PING', {});
    await other.next('PONG');
  });

  it('of refused changes always name a failure, which clients look for', async () => {
    const client = await todos.connect();
    client.send('CHANGES', {});
    expect((await client.next('ERROR')).metadata.failures[0].error.name).toBe('TriplitError');
    client.send('CHANGES', { changes: { json: { todos: null } } });
    expect((await client.next('ERROR')).metadata.failures[0].error.name).toBe('TriplitError');
  });

  it('cannot connect more queries than allowed', async () => {
    todos = new TodoServer(todos.db, { limits: { queriesPerConnection: 2 } });
    const client = await todos.connect();
    await client.query('1', { collectionName: 'todos' });
    await client.query('2', { collectionName: 'todos' });
    client.send('CONNECT_QUERY', { id: '3', params: { collectionName: 'todos' } });
    expect(await client.next('ERROR')).toMatchObject({
      error: { name: 'QuerySyncError' },
      metadata: { queryKey: '3' },
    });
    expect((await client.query('1', { collectionName: 'todos' })).forQueries).toEqual(['1']);
  });

  async function nextMessage(client: SyncClient) {
    await client.next();
    return client.received.at(-1)!;
  }
});
