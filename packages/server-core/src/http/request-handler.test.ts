import { Logger } from '@triplit/logger';
import { MemoryHandler } from '@triplit/logger/memory';
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiClient, jwtSecret, signToken, tokens } from '../../../../tests/support/api-client.ts';
import { TodoServer } from '../../../../tests/support/todo-server.ts';
import { createTokenVerifier } from '../auth/token-verifier.ts';
import { createRequestHandler } from './request-handler.ts';

let api: ApiClient;
beforeEach(async () => {
  api = await ApiClient.start();
});

describe('access', () => {
  it('needs no token to ask whether the server is up', async () => {
    expect(await api.request('GET', '/healthcheck')).toMatchObject({
      status: 200,
      type: 'text/plain; charset=UTF-8',
      body: 'OK',
    });
  });

  it('needs a token for everything else', async () => {
    for (const [method, path] of [
      ['POST', '/healthcheck'],
      ['GET', '/'],
      ['GET', '/version'],
      ['POST', '/fetch'],
      ['POST', '/nope'],
    ] as const) {
      expect(await api.request(method, path)).toMatchObject({
        status: 401,
        type: 'application/json',
        body: {
          name: 'NoTokenProvidedError',
          message: 'No token provided. | Context: Missing authorization header',
          baseMessage: 'No token provided.',
          status: 401,
          contextMessage: 'Missing authorization header',
        },
      });
    }
  });

  it('says what is wrong with a token', async () => {
    const withHeader = (Authorization: string) =>
      api.request('POST', '/fetch', { headers: { Authorization }, body: {} });
    expect(await withHeader('Basic abc')).toMatchObject({
      status: 401,
      body: { name: 'InvalidAuthenticationSchemeError' },
    });
    expect(await withHeader('Bearer ')).toMatchObject({ status: 401, body: { name: 'NoTokenProvidedError' } });
    expect(await withHeader('Bearer not-a-jwt')).toMatchObject({
      status: 400,
      body: { name: 'InvalidTokenPayloadError' },
    });
    expect(await withHeader(`Bearer ${await signToken({ sub: 'a', exp: 1000 })}`)).toMatchObject({
      status: 401,
      body: {
        name: 'InvalidTokenSignatureError',
        contextMessage: expect.stringContaining('"exp" claim timestamp check failed'),
      },
    });
  });

  it('keeps what changes the whole database for the service token', async () => {
    for (const path of [
      'clear',
      'stats',
      'schema',
      'override-schema',
      'apply-changes',
      'delete-all',
      'webhooks-get',
      'webhooks-push',
      'webhooks-clear',
    ]) {
      expect(await api.asAlice(`/${path}`, {})).toMatchObject({
        status: 401,
        type: 'application/json',
        body: {
          name: 'ServiceKeyRequiredError',
          message: 'Service token required.',
          baseMessage: 'Service token required.',
          status: 401,
        },
      });
    }
  });

  it('lets browsers of any origin ask', async () => {
    const { status, headers } = await api.request('OPTIONS', '/fetch', {
      headers: { 'Access-Control-Request-Headers': 'authorization,content-type' },
    });
    expect(status).toBe(204);
    expect(Object.fromEntries(headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET,HEAD,PUT,POST,DELETE,PATCH',
      'access-control-allow-headers': 'authorization,content-type',
    });
    expect((await api.asAlice('/fetch', {})).headers.get('Access-Control-Allow-Origin')).toBe('*');
    expect((await api.request('POST', '/fetch')).headers.get('Access-Control-Allow-Origin')).toBe('*');
  });
});

describe('routes', () => {
  it('tell the version of the data format', async () => {
    expect(await api.request('GET', '/version', { token: tokens.alice })).toMatchObject({
      status: 200,
      type: 'text/plain; charset=UTF-8',
      body: '1.0.0',
    });
  });

  it('that do not exist are told apart from those that do', async () => {
    for (const path of [
      '/nope',
      '/version',
      '/fetch/x',
      '/',
      '//fetch',
      '/insert-triples',
      '/messages',
      '/constructor',
    ]) {
      expect(await api.asService(path, {})).toMatchObject({
        status: 404,
        type: 'application/json',
        body: {
          name: 'RouteNotFoundError',
          message: `The server does not have a handler for this request: ${path}`,
          baseMessage: `The server does not have a handler for this request: ${path}`,
          status: 404,
        },
      });
    }
    for (const method of ['GET', 'PUT'])
      expect(await api.request(method, '/fetch', { token: tokens.service })).toMatchObject({
        status: 404,
        type: 'text/plain; charset=UTF-8',
        body: '404 Not Found',
      });
  });
});

it('a body that breaks off is no fault of the server', async () => {
  const log = new MemoryHandler();
  const todos = await TodoServer.start({
    logger: new Logger([log]),
    tokenVerifier: createTokenVerifier({ jwtSecret }),
  });
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"collectionName":'));
      controller.error(new Error('aborted'));
    },
  });
  const headers = { Authorization: `Bearer ${tokens.alice}` };
  const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
  const response = await createRequestHandler(todos.server)(new Request('http://localhost/insert', init));
  expect(response.status).toBe(400);
  expect(log.logs.filter(({ level }) => level === 'ERROR' || level === 'FATAL')).toEqual([]);
});

describe('in the same process', () => {
  it('requests are answered without HTTP', async () => {
    const session = api.todos.server.createSession({ sub: 'alice' });
    expect(
      await session.handleRequest(['insert'], { collectionName: 'users', entity: { id: 'u', name: 'U' } }),
    ).toEqual({ statusCode: 200, payload: { id: 'u', name: 'U' } });
    expect(
      await api.todos.server.handleRequest(['fetch'], { query: { collectionName: 'users' } }, { sub: 'alice' }),
    ).toEqual({
      statusCode: 200,
      payload: [{ id: 'u', name: 'U' }],
    });
    expect(await api.todos.server.handleRequest(['nope'], {}, { sub: 'alice' })).toMatchObject({ statusCode: 404 });
  });
});
