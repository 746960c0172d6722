/** Sync over HTTP as its routes answer it: who may open a stream, who may send over it, and when it ends. */
import type { ClientSyncMessage } from '@triplit/db/sync';
import { createRequestHandler, createTokenVerifier } from '@triplit/server-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jwtSecret, signToken, tokens } from '../../../../tests/support/api-client.ts';
import { TodoServer } from '../../../../tests/support/todo-server.ts';
import type { RequestHandler } from './request-handler.ts';

let todos: TodoServer;
let handle: RequestHandler;
const streams: Stream[] = [];
beforeEach(async () => {
  const tokenVerifier = createTokenVerifier({ jwtSecret });
  await tokenVerifier.ready;
  todos = await TodoServer.start({ tokenVerifier });
  handle = createRequestHandler(todos.server);
});
afterEach(async () => {
  await Promise.all(streams.splice(0).map((stream) => stream.cancel()));
});

class Stream {
  readonly response: Response;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  text = '';
  isDone = false;

  constructor(response: Response) {
    this.response = response;
    this.#reader = response.body!.getReader();
    void this.#read();
  }

  async #read(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      this.text += new TextDecoder().decode(value);
    }
    this.isDone = true;
  }

  get messages(): { type: string; payload: any }[] {
    return [...this.text.matchAll(/^data: (\{"type":.*"payload".*)$/gm)].map((match) => JSON.parse(match[1]!));
  }

  async clientId(): Promise<string> {
    await vi.waitFor(() => expect(this.messages[0]?.type).toBe('READY'));
    return this.messages[0]!.payload.clientId;
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

async function open(token: string): Promise<Stream> {
  const stream = new Stream(await handle(new Request(`http://localhost/message-events?token=${token}`)));
  streams.push(stream);
  return stream;
}

async function send(token: string, clientId: unknown, message: unknown): Promise<number> {
  const body = JSON.stringify({ message, options: { clientId } });
  const headers = { Authorization: `Bearer ${token}` };
  return (await handle(new Request('http://localhost/message', { method: 'POST', headers, body }))).status;
}

const ping = { type: 'PING', payload: { clientTimestamp: 1 } };

describe('a stream', () => {
  it('says READY, and answers what is posted, in order', async () => {
    const stream = await open(tokens.alice);
    expect(stream.response.headers.get('Content-Type')).toBe('text/event-stream');
    const clientId = await stream.clientId();
    expect(await send(tokens.alice, clientId, ping)).toBe(200);
    const query = { id: 'q', params: { collectionName: 'todos' } };
    expect(await send(tokens.alice, clientId, { type: 'CONNECT_QUERY', payload: query })).toBe(200);
    await vi.waitFor(() => expect(stream.messages.map(({ type }) => type)).toEqual(['READY', 'PONG', 'ENTITY_DATA']));
  });

  it('is told why its token is refused, and ends', async () => {
    const stream = await open(await signToken({ sub: 'alice', exp: 1000 }));
    await vi.waitFor(() => expect(stream.isDone).toBe(true));
    expect(stream.messages).toMatchObject([{ type: 'CLOSE', payload: { type: 'UNAUTHORIZED', retry: false } }]);
    expect(stream.text).toMatch(/event: close\ndata: \{"type":"UNAUTHORIZED","retry":false\}\n\n$/);
  });

  it('is a connection until it is cancelled', async () => {
    const stream = await open(tokens.alice);
    const clientId = await stream.clientId();
    expect(todos.server.connections.count).toBe(1);
    await stream.cancel();
    expect(todos.server.connections.count).toBe(0);
    expect(await send(tokens.alice, clientId, ping)).toBe(404);
  });

  it('ends when the server stops', async () => {
    const stream = await open(tokens.alice);
    await stream.clientId();
    await todos.server.drain();
    await vi.waitFor(() => expect(stream.isDone).toBe(true));
    const again = await handle(new Request(`http://localhost/message-events?token=${tokens.alice}`));
    expect(again.status).toBe(503);
  });

  it.each([
    ['at once when too much waits', 200, 0],
    ['half a minute after its end', 1_000_000_000, 30_000],
  ])('keeps nothing for a client that does not read: %s', async (_when, bufferedBytes, graceMs) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const tokenVerifier = createTokenVerifier({ jwtSecret });
      const server = await TodoServer.start({ tokenVerifier, limits: { bufferedBytes } });
      const address = `http://localhost/message-events?token=${tokens.alice}`;
      const { body } = await createRequestHandler(server.server)(new Request(address));
      await vi.waitFor(() => expect(server.server.connections.count).toBe(1));
      const [clientId] = server.server.connections.clientIds();
      const connection = server.server.connections.get(clientId!)!;
      const nonsense = { type: 'x'.repeat(20_000), payload: {} } as unknown as ClientSyncMessage;
      await connection.dispatchCommand(nonsense);
      connection.end('TOKEN_EXPIRED');
      expect(server.server.connections.count).toBe(0);
      if (graceMs > 0) {
        await vi.advanceTimersByTimeAsync(graceMs - 1);
        expect(vi.getTimerCount()).toBeGreaterThan(0);
        await vi.advanceTimersByTimeAsync(1);
      }
      await expect(body!.getReader().read()).rejects.toThrow('did not read the stream to its end');
    } finally {
      vi.useRealTimers();
    }
  });

  it('is not opened for pages of other origins', async () => {
    const tokenVerifier = createTokenVerifier({ jwtSecret });
    await tokenVerifier.ready;
    const { server } = await TodoServer.start({ tokenVerifier, corsOrigins: ['https://app.example.com'] });
    const statusFor = async (Origin: string): Promise<number> => {
      const address = `http://localhost/message-events?token=${tokens.alice}`;
      const response = await createRequestHandler(server)(new Request(address, { headers: { Origin } }));
      await response.body?.cancel();
      return response.status;
    };
    expect(await statusFor('https://app.example.com')).toBe(200);
    expect(await statusFor('https://evil.example.com')).toBe(403);
  });

  it('is not opened by HEAD', async () => {
    const response = await handle(
      new Request(`http://localhost/message-events?token=${tokens.alice}`, { method: 'HEAD' }),
    );
    expect(response.body).toBe(null);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(todos.server.connections.count).toBe(0);
  });
});

describe('a posted message', () => {
  it.each([
    ['another user', () => tokens.bob],
    ['the service', () => tokens.service],
  ])('of %s does not reach a connection, even with its id', async (_who, token) => {
    const stream = await open(tokens.alice);
    expect(await send(token(), await stream.clientId(), ping)).toBe(404);
  });

  it('of somebody anonymous does not reach a service, who is nobody in particular either', async () => {
    const stream = await open(tokens.service);
    const clientId = await stream.clientId();
    expect(await send(await signToken({ 'x-triplit-token-type': 'anon' }), clientId, ping)).toBe(404);
    expect(await send(await signToken({ team: 'red' }), clientId, ping)).toBe(404);
    expect(await send(tokens.service, clientId, ping)).toBe(200);
  });

  it('needs a token, a connection and a message', async () => {
    const clientId = await (await open(tokens.alice)).clientId();
    expect(await send('', clientId, ping)).toBe(401);
    expect(await send(tokens.alice, 'somebody', ping)).toBe(404);
    expect(await send(tokens.alice, undefined, ping)).toBe(404);
    expect(await send(tokens.alice, clientId, 'PING')).toBe(400);
  });

  it('that makes no sense is answered over the stream', async () => {
    const stream = await open(tokens.alice);
    expect(await send(tokens.alice, await stream.clientId(), { type: 'NONSENSE' })).toBe(200);
    await vi.waitFor(() => expect(stream.messages.at(-1)?.type).toBe('ERROR'));
  });
});
