import { beforeEach, describe, expect, it } from 'vitest';
import { encodedTodo } from '../../../../tests/support/todo-schema.ts';
import { alice, TodoServer } from '../../../../tests/support/todo-server.ts';
import { defaultLimits } from '../limits.ts';
import type { Transport } from './outlet.ts';

/** A socket whose peer reads only when it is told to. */
class SlowSocket implements Transport {
  readonly frames: string[] = [];
  readonly closes: [code: number, reason: string][] = [];
  unread = 0;

  send(frame: string): void {
    this.frames.push(frame);
    this.unread += frame.length;
  }

  close(code: number, reason: string): void {
    this.closes.push([code, reason]);
  }

  bufferedBytes(): number {
    return this.unread;
  }

  /** Data messages that have been sent. */
  get data(): any[] {
    return this.frames.map((frame) => JSON.parse(frame)).filter(({ type }) => type === 'ENTITY_DATA');
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let socket: SlowSocket;
beforeEach(() => {
  socket = new SlowSocket();
});

async function open(limits: Partial<typeof defaultLimits>) {
  const todos = await TodoServer.start({ limits });
  const connection = todos.server.openConnection(alice);
  connection.attach(socket);
  await connection.start();
  return { todos, connection };
}

const connectTodos = { type: 'CONNECT_QUERY', payload: { id: 'q', params: { collectionName: 'todos' } } } as const;

describe('a client that does not read', () => {
  it('gets what it missed as one message once it reads again', async () => {
    const { todos, connection } = await open({ bufferedBytesBeforePause: 1_000 });
    await connection.dispatchCommand(connectTodos);
    await pause(5);
    socket.unread = 5_000;
    for (let round = 0; round < 5; round++) {
      await todos.store(encodedTodo('t1', { n: round }), encodedTodo(`only-${round}`));
      await pause(2);
    }
    expect(socket.data).toHaveLength(1);
    socket.unread = 0;
    await pause(80);
    expect(socket.data).toHaveLength(2);
    const rows = new Map<string, any>(socket.data[1].payload.changes.json.todos.sets);
    expect(rows.size).toBe(6);
    expect(rows.get('t1').n).toBe(4);
    connection.close();
  });

  it('is closed, and may reconnect, when too much waits for it', async () => {
    const { todos, connection } = await open({ bufferedBytesBeforePause: 100_000, bufferedBytes: 10_000 });
    await connection.dispatchCommand(connectTodos);
    await todos.store(encodedTodo('big', { text: 'x'.repeat(20_000) }));
    await pause(10);
    expect(socket.closes).toEqual([[1013, '']]);
    expect(todos.server.connections.count).toBe(0);
  });
});

it('a client that floods a busy connection is told so and closed', async () => {
  const todos = await TodoServer.start({ limits: { waitingMessages: 10 } });
  const connection = todos.server.openConnection(alice, { clientSchemaHash: 1 });
  connection.attach(socket);
  void connection.start();
  for (let i = 0; i < 20; i++) void connection.receive('{"type":"PING","payload":{}}');
  expect(JSON.parse(socket.frames.at(-1)!)).toMatchObject({
    type: 'CLOSE',
    payload: { type: 'INTERNAL_ERROR', retry: true },
  });
  expect(socket.closes).toEqual([[1011, '{"type":"INTERNAL_ERROR","retry":true}']]);
});

it('unfinished chunked messages are limited', async () => {
  const { connection } = await open({ chunks: { ...defaultLimits.chunks, maxMessages: 1 } });
  const chunk = (id: string) => ({ type: 'CHUNK', payload: { id, data: 'x', index: 0, total: 2 } }) as const;
  await connection.dispatchCommand(chunk('a'));
  await connection.dispatchCommand(chunk('b'));
  expect(JSON.parse(socket.frames.at(-1)!)).toMatchObject({ type: 'ERROR', payload: { messageType: 'CHUNK' } });
});

it('every limit is positive', () => {
  for (const [name, limit] of Object.entries(defaultLimits))
    if (typeof limit === 'number') expect(limit, name).toBeGreaterThan(0);
});
