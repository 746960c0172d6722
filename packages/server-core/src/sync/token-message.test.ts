import { describe, expect, it } from 'vitest';
import { TodoServer } from '../../../../tests/support/todo-server.ts';
import { createTokenVerifier } from '../auth/token-verifier.ts';
import { InvalidTokenSignatureError, TokenIssuerUnavailableError } from '../errors.ts';
import { SignJWT } from 'jose';
import { SocketSession, socketParameters } from './socket-session.ts';

const secret = 'a secret of this test that is long enough';
const signed = (claims: Record<string, unknown>) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));

async function openSocket(query: string, subProtocols?: string) {
  const todos = await TodoServer.start({ tokenVerifier: createTokenVerifier({ jwtSecret: secret }) });
  const messages: { type: string; payload: Record<string, unknown> }[] = [];
  const session = new SocketSession(todos.server, {
    send: (frame) => messages.push(JSON.parse(frame) as (typeof messages)[number]),
    close: () => undefined,
    bufferedBytes: () => 0,
  });
  await session.open(socketParameters(new URLSearchParams(query), subProtocols));
  return { session, messages, firstMessage: () => expect.poll(() => messages[0]) };
}

it.each([
  [new TokenIssuerUnavailableError('The keys cannot be reached.'), true],
  [new InvalidTokenSignatureError('It is forged.'), false],
])('a newer token that is not accepted ends the connection: %s, to be tried again: %s', async (error, retry) => {
  const verifier = createTokenVerifier({ jwtSecret: secret });
  const verify = (token: string | undefined) => (token === 'newer' ? Promise.reject(error) : verifier.verify(token));
  const todos = await TodoServer.start({
    tokenVerifier: { verify, leewaySeconds: 5, ready: verifier.ready, describe: () => [], problems: () => [] },
  });
  const client = await todos.connect();
  client.send('UPDATE_TOKEN', { token: 'newer' });
  expect(await client.next('CLOSE')).toEqual({ type: 'UNAUTHORIZED', retry, message: error.message });
});

describe('a token outside of the address', () => {
  it('may come in the first message', async () => {
    const { session, firstMessage, messages } = await openSocket('features=token-message');
    expect(messages).toEqual([]);
    session.receive(JSON.stringify({ type: 'UPDATE_TOKEN', payload: { token: await signed({ sub: 'alice' }) } }));
    session.receive('{"type":"PING","payload":{}}');
    await firstMessage().toMatchObject({ type: 'READY', payload: { features: ['token-message'] } });
    await expect.poll(() => messages.map(({ type }) => type)).toEqual(['READY', 'PONG']);
  });

  it('may come in a sub-protocol', async () => {
    const { firstMessage } = await openSocket('', `triplit, triplit.token.${await signed({ sub: 'alice' })}`);
    await firstMessage().toMatchObject({ type: 'READY' });
  });

  it.each([
    ['another message', '{"type":"PING","payload":{}}'],
    ['no JSON', '{'],
    ['a wrong token', '{"type":"UPDATE_TOKEN","payload":{"token":"a.b.c"}}'],
  ])('is refused when %s comes first', async (_what, frame) => {
    const { session, firstMessage } = await openSocket('features=token-message');
    session.receive(frame);
    await firstMessage().toMatchObject({ type: 'CLOSE', payload: { type: 'UNAUTHORIZED', retry: false } });
  });

  it('is refused when there is none and it was not announced', async () => {
    const { firstMessage } = await openSocket('');
    await firstMessage().toMatchObject({ type: 'CLOSE', payload: { type: 'UNAUTHORIZED', retry: false } });
  });
});
