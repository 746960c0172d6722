import { MemoryHandler } from '@triplit/logger/memory';
import { describe, expect, test, vi } from 'vitest';
import { TriplitClient } from './client.ts';
import { quietLogger, schema } from './testing/todo-world.ts';
import { inSeconds, signToken } from './testing/tokens.ts';
import { WorkerClient } from './worker/worker-client.ts';

const token = signToken({ sub: 'ann', exp: inSeconds(-5) });
const asked = async (): Promise<string> => token;

function open(options: object): TriplitClient<typeof schema> {
  return new TriplitClient({ schema, autoConnect: false, logger: quietLogger(new MemoryHandler()), ...options });
}

describe('an option of the wrong type is refused while the client is constructed, with what it must be', () => {
  test.each([
    [{ schema: 'todos' }, 'schema must be of the type object. It is "todos".'],
    [{ roles: 42 }, 'roles must be of the type object. It is 42.'],
    [{ token: asked() }, 'token must be of the type string. It is a promise, which has to be awaited.'],
    [{ token: { token } }, 'token must be of the type string. It is {"token":'],
    [
      { serverUrl: new URL('http://localhost:1') },
      'serverUrl must be of the type string. It is "http://localhost:1/".',
    ],
    [{ serverUrl: 'ws://localhost:1' }, 'Must start with "http://" or "https://". | Context: The serverUrl is \'ws://'],
    [{ autoConnect: 'no' }, 'autoConnect must be of the type boolean'],
    [{ storage: 42 }, "Use 'memory', 'indexeddb'"],
    [{ variables: 'x' }, 'variables must be of the type object'],
    [{ claimsPath: ['a'] }, 'claimsPath must be of the type string'],
    [{ defaultQueryOptions: 'local-only' }, 'defaultQueryOptions must be of the type object'],
    [{ onSessionError: {} }, 'onSessionError must be of the type function'],
    [{ refreshOptions: asked }, 'refreshOptions must be of the type object. It is function.'],
    [{ refreshOptions: {} }, 'refreshOptions must be { refreshHandler, interval }'],
    [{ refreshOptions: { refreshHandler: asked, interval: 'soon' } }, 'a number of milliseconds'],
    [{ logLevel: 3 }, 'logLevel must be of the type string'],
    [{ logger: 'console' }, 'logger must be of the type object'],
    [{ transport: 'http' }, 'transport must be of the type object'],
    [{ pingInterval: '45' }, 'pingInterval must be of the type number'],
    [{ rejectedWrites: 'sometimes' }, 'rejectedWrites must be rollback or keep. It is "sometimes".'],
  ])('%o', (options, message) => {
    expect(() => open(options)).toThrow(message);
    expect(() => open(options)).toThrow(expect.objectContaining({ name: 'TriplitError' }));
  });

  test('also before a worker is told', () => {
    const options = { schema: 'todos', token: asked() } as never;
    const worker = { addEventListener: vi.fn(), postMessage: vi.fn() };
    expect(() => new WorkerClient(options, worker as never)).toThrow('schema must be of the type object');
    expect(worker.addEventListener).not.toHaveBeenCalled();
  });

  test('null counts as not given', async () => {
    const client = open({ token: null, serverUrl: null, roles: null, variables: null, storage: null, transport: null });
    await client.insert('todos', { text: 'a' });
    expect([client.token, client.serverUrl, client.vars.$global]).toEqual([undefined, undefined, {}]);
    await client.close();
  });
});

describe('a session is not begun', () => {
  test.each([
    ['with a token that was not awaited', [asked()], 'a promise, which has to be awaited'],
    ['with a token that is no text', [42], 'token must be of the type string'],
    ['with a handler in place of the options', [token, true, asked], 'refreshOptions must be { refreshHandler'],
    ['with an interval that is no number', [token, true, { refreshHandler: asked, interval: NaN }], 'milliseconds'],
  ])('%s, and the one before goes on', async (_what, args, message) => {
    const client = open({});
    await client.startSession(signToken({ sub: 'bob' }), false);
    const start = client.startSession.bind(client) as (...args: unknown[]) => Promise<unknown>;
    await expect(start(...args)).rejects.toThrow(message);
    expect(client.decodedToken).toEqual({ sub: 'bob' });
    await client.close();
  });

  test.each([[asked()], [42], [{}]])('by updateToken, updateSessionToken or updateServerUrl with %o', async (wrong) => {
    const client = open({});
    await client.startSession(signToken({ sub: 'bob' }), false);
    await expect(client.updateToken(wrong as never)).rejects.toMatchObject({ name: 'TokenDecodingError' });
    await expect(client.updateSessionToken(wrong as never)).rejects.toMatchObject({ name: 'TokenDecodingError' });
    expect(() => client.updateServerUrl(wrong as never)).toThrow('Must start with "http://" or "https://"');
    await client.close();
  });
});
