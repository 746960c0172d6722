import { describe, expect, it } from 'vitest';
import { jwtSecret, signToken, tokens } from '../../../../tests/support/api-client.ts';
import { TodoServer } from '../../../../tests/support/todo-server.ts';
import { createTokenVerifier } from '../auth/token-verifier.ts';
import type { ServerLimits } from '../limits/limits.ts';
import { createRequestHandler } from './request-handler.ts';

const anonymousToken = await signToken({ 'x-triplit-token-type': 'anon' });

async function start(limits: Partial<ServerLimits>) {
  const todos = await TodoServer.start({ limits, tokenVerifier: createTokenVerifier({ jwtSecret }) });
  const handle = createRequestHandler(todos.server);
  return (token: string, body: BodyInit, { headers = {}, address }: { headers?: object; address?: string } = {}) =>
    handle(
      new Request('http://localhost/insert', {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, ...headers },
        body,
        duplex: 'half',
      } as RequestInit),
      address,
    ).then(({ status }) => status);
}

/** A body that says nothing of its length; `taken` counts the bytes that somebody asked for. */
function streamed(chunks: number, chunkBytes: number) {
  const sent = { bytes: 0 };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (sent.bytes >= chunks * chunkBytes) return controller.close();
        sent.bytes += chunkBytes;
        controller.enqueue(new Uint8Array(chunkBytes).fill(32));
      },
    },
    { highWaterMark: 0 },
  );
  return { body, sent };
}

describe('a body of unannounced length', () => {
  it('is counted as it comes, and not read beyond what its user may send', async () => {
    const post = await start({ charactersPerSecondPerPrincipal: 1_000, burstSeconds: 1 });
    const { body, sent } = streamed(100, 100);
    expect(await post(tokens.alice, body)).toBe(429);
    expect(sent.bytes).toBeLessThan(1_500);
    expect(await post(tokens.bob, streamed(5, 100).body)).toBe(400);
    expect(await post(tokens.service, streamed(100, 100).body)).toBe(400);
  });

  it('is counted together with others of the same user', async () => {
    const post = await start({ charactersPerSecondPerPrincipal: 1_000, burstSeconds: 1 });
    expect(await post(tokens.alice, streamed(6, 100).body)).toBe(400);
    expect(await post(tokens.alice, streamed(6, 100).body)).toBe(429);
  });
});

it('a body of announced length is counted once, before it is read', async () => {
  const post = await start({ charactersPerSecondPerPrincipal: 1_000, burstSeconds: 1 });
  const announce = (bytes: number) => ({ headers: { 'Content-Length': String(bytes) } });
  const refused = streamed(20, 100);
  expect(await post(tokens.alice, refused.body, announce(2_000))).toBe(429);
  expect(refused.sent.bytes).toBe(0);
  expect(await post(tokens.alice, streamed(9, 100).body, announce(900))).toBe(400);
});

it('requests of anonymous users are counted by their address', async () => {
  const post = await start({ messagesPerSecondPerAddress: 2, burstSeconds: 1 });
  const from = (address?: string) => post(anonymousToken, '{}', address === undefined ? {} : { address });
  expect([await from('a'), await from('a'), await from('a')]).toEqual([400, 400, 429]);
  expect([await from('b'), await from(), await from(), await from()]).toEqual([400, 400, 400, 400]);
});
