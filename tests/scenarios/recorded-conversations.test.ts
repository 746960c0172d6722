/**
 * Conversations that were recorded between clients and a server of version 1, held again with this server: what clients
 * sent is sent, and what came back then has to come back now. What the recordings presuppose and do not hold, as entities
 * that were there before, stands in them as requests without an answer.
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createServer } from '@triplit/server';
import { jwtSecret, signToken } from '../support/api-client.ts';
import { RecordedConversation } from '../support/recorded-conversation.ts';
import type { Line } from '../support/recorded-conversation.ts';
import { changesOf, SyncClient } from '../support/sync-client.ts';
import { encodedTodo, todoSchema } from '../support/todo-schema.ts';

function recording<T>(name: string): T[] {
  const text = readFileSync(new URL(`../vectors/wire/${name}.jsonl`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

describe.each([
  '01-connect-subscribe-write',
  '02-reconnect-resume',
  '03-tokens',
  '04-schema-negotiation',
  '05-raw-messages',
  '06-http-api',
  '07-robustness',
  '09-schemaless-chunk-schemachange',
  '10-misc',
  '11-metadata-write',
])('%s', (name) => {
  it('goes as it went then', async () => {
    const lines = recording<Line>(name);
    const conversation = new RecordedConversation();
    await conversation.play(lines);
    expect(conversation.compared).toBeGreaterThan(0);
    expect(conversation.differences).toEqual(lines.flatMap(({ because }) => because ?? []));
  });
});

describe('12-concurrent-writes', () => {
  it('loses no update of two that arrive in one segment, as version 1 did each time', async () => {
    const [recorded] = recording<{ trials: number; acks: number; trialsWithALostUpdate: number }>(
      '12-concurrent-writes',
    );
    expect(recorded!.trialsWithALostUpdate).toBe(recorded!.trials);
    const startServer = await createServer({ jwtSecret, dbOptions: { schema: todoSchema }, host: '127.0.0.1' });
    const server = startServer(0);
    await server.listening;
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/?token=${await signToken({ sub: 'alice' })}`);
    const acks = new SyncClient();
    socket.on('message', (data: Buffer) => acks.take(JSON.parse(data.toString())));
    await acks.next('READY');
    const frame = (entity: Record<string, unknown>, id: string) =>
      JSON.stringify({ type: 'CHANGES', payload: { changes: changesOf({ todos: { sets: { [id]: entity } } }) } });
    const { _socket: stream } = socket as unknown as { _socket: Socket };
    for (let trial = 0; trial < recorded!.trials; trial++) {
      const id = `t${trial}`;
      socket.send(frame(encodedTodo(id), id));
      await acks.next('CHANGES_ACK');
      stream.cork();
      socket.send(frame({ text: 'one' }, id));
      socket.send(frame({ done: true }, id));
      stream.uncork();
      await acks.next('CHANGES_ACK');
      await acks.next('CHANGES_ACK');
    }
    expect(acks.received.filter(({ type }) => type === 'CHANGES_ACK')).toHaveLength(recorded!.acks);
    const todos = await server.db.fetch({ collectionName: 'todos' }, { skipRules: true });
    expect(todos).toHaveLength(recorded!.trials);
    expect(todos.filter(({ text, done }: any) => text !== 'one' || done !== true)).toEqual([]);
    socket.terminate();
    await server.close();
  });
});
