import { generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { DEVELOPMENT_JWT_SECRET, DEVELOPMENT_PROJECT_ID, mintServerTokens } from '../dev/tokens.ts';
import { freePort, projectFolder, triplit, triplitDev, writeFiles } from '../testing/triplit-process.ts';
import type { RunningDev } from '../testing/triplit-process.ts';

const tokens = mintServerTokens(DEVELOPMENT_JWT_SECRET, DEVELOPMENT_PROJECT_ID);
const running: RunningDev[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((dev) => dev.stop('SIGKILL')));
});

async function dev(...parameters: Parameters<typeof triplitDev>): Promise<RunningDev> {
  const started = await triplitDev(...parameters);
  running.push(started);
  return started;
}

async function post(
  url: string,
  path: string,
  body: unknown,
  token = tokens.service,
): Promise<{ status: number; body: any }> {
  const reply = await fetch(`${url}/${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await reply.text();
  return { status: reply.status, body: text === '' ? undefined : JSON.parse(text) };
}

function schemaSource(attributes: string, more = ''): string {
  return `import { Schema as S } from '@triplit/client';
${more}
export const schema = S.Collections({ todos: { schema: S.Schema({ id: S.Id(), ${attributes} }) } });
`;
}

test('the server starts, says where it is and with which tokens, and ends cleanly on Ctrl-C', async () => {
  const server = await dev(projectFolder());
  expect(server.output()).toContain(`http://localhost:${server.port}`);
  expect(server.output()).toContain(tokens.service);
  expect(server.output()).toContain(tokens.anonymous);
  expect(await (await fetch(`${server.url}/healthcheck`)).text()).toBe('OK');
  expect((await post(server.url, 'insert', { collectionName: 'todos', entity: { id: '1' } })).status).toBe(200);
  expect((await server.stop()).code).toBe(0);
});

test('SIGTERM ends it cleanly too', async () => {
  expect((await (await dev(projectFolder())).stop('SIGTERM')).code).toBe(0);
});

test('starting in an empty folder creates nothing there', async () => {
  const folder = projectFolder();
  await dev(folder);
  expect(readdirSync(folder)).toEqual([]);
});

test('only this machine can connect unless asked otherwise', async () => {
  const address = Object.values(networkInterfaces())
    .flat()
    .find((entry) => entry?.family === 'IPv4' && !entry.internal)?.address;
  if (address === undefined) return;
  const reachable = (port: number): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, address, () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  expect(await reachable((await dev(projectFolder())).port)).toBe(false);
  const open = await dev(projectFolder(), ['--host', '0.0.0.0']);
  expect(await reachable(open.port)).toBe(true);
  expect(open.output()).toContain('Everyone on your network');
});

test('a port in use is one sentence, no banner, and exit code 1', async () => {
  const port = await freePort();
  const blocker = createServer().listen(port, '127.0.0.1');
  await new Promise((resolve) => void blocker.once('listening', resolve));
  const { code, stdout, stderr } = await triplit(projectFolder(), ['dev', '--dbPort', String(port)]);
  blocker.close();
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain(`Port ${port} is in use`);
});

test('the schema file is applied at the start, without anything installed in the project', async () => {
  const server = await dev(projectFolder({ 'triplit/schema.ts': schemaSource('text: S.String()') }));
  const { body } = await post(server.url, 'schema', { format: 'json' });
  expect(Object.keys(body.schema.collections.todos.schema.properties)).toEqual(['id', 'text']);
  expect(Object.keys(body.schema.roles)).toEqual(['anonymous', 'authenticated']);
  expect((await post(server.url, 'insert', { collectionName: 'todos', entity: { text: 5 } })).status).toBe(400);
});

test('--no-initWithSchema starts without a schema', async () => {
  const folder = projectFolder({ 'triplit/schema.ts': schemaSource('text: S.String()') });
  const server = await dev(folder, ['--no-initWithSchema']);
  expect((await post(server.url, 'schema', { format: 'json' })).body).toEqual({ type: 'schemaless' });
});

test('saving the schema file applies it, and a conflict with the data is explained attribute by attribute', async () => {
  const folder = projectFolder({ 'triplit/schema.ts': schemaSource('text: S.String()') });
  const server = await dev(folder);
  await post(server.url, 'insert', { collectionName: 'todos', entity: { text: 'a' } });

  writeFiles(folder, { 'triplit/schema.ts': schemaSource('text: S.String(), note: S.Optional(S.String())') });
  await server.printed('+ todos.note');
  expect((await post(server.url, 'insert', { collectionName: 'todos', entity: { text: 'b', note: 'n' } })).status).toBe(
    200,
  );

  writeFiles(folder, { 'triplit/schema.ts': schemaSource('text: S.Number()') });
  await server.printed('todos.text:');
  expect(server.output()).toContain('was not applied');
  expect((await post(server.url, 'insert', { collectionName: 'todos', entity: { text: 'c' } })).status).toBe(200);

  writeFiles(folder, { 'triplit/schema.ts': 'export const schema = ' });
  await server.printed('cannot be loaded');
  writeFiles(folder, {
    'triplit/schema.ts': schemaSource('text: S.String(), note: S.Optional(S.String()), done: S.Optional(S.Boolean())'),
  });
  await server.printed('+ todos.done');
});

test('files that the schema imports are watched too', async () => {
  const folder = projectFolder({
    'triplit/schema.ts': `import { Schema as S } from '@triplit/client';
import { todos } from './todos.ts';
export const schema = S.Collections({ todos });`,
    'triplit/todos.ts': `import { Schema as S } from '@triplit/client';
export const todos = { schema: S.Schema({ id: S.Id() }) };`,
  });
  const server = await dev(folder);
  writeFiles(folder, {
    'triplit/todos.ts': `import { Schema as S } from '@triplit/client';
export const todos = { schema: S.Schema({ id: S.Id(), added: S.Optional(S.String()) }) };`,
  });
  await server.printed('+ todos.added');
});

test('a schema file that appears later is applied', async () => {
  const folder = projectFolder({ 'package.json': '{}' });
  const server = await dev(folder);
  writeFiles(folder, { 'triplit/schema.ts': schemaSource('text: S.String()') });
  await server.printed('+ todos.text');
});

test.each(['lmdb', 'sqlite'])(
  'with --storage %s everything that was acknowledged survives kill -9',
  async (storage) => {
    const folder = projectFolder();
    const first = await dev(folder, ['--storage', storage]);
    for (let i = 0; i < 20; i++) await post(first.url, 'insert', { collectionName: 'todos', entity: { id: `${i}` } });
    await first.stop('SIGKILL');
    expect(existsSync(`${folder}/triplit/.data/${storage}/app.db`)).toBe(true);
    const second = await dev(folder, [`--storage=${storage}`]);
    expect((await post(second.url, 'fetch', { query: { collectionName: 'todos' } })).body).toHaveLength(20);
  },
);

test('tokens that were minted while it ran are those that it says the next time', async () => {
  const folder = projectFolder();
  const first = await dev(folder, ['--storage', 'sqlite']);
  const anonymous = (await post(first.url, 'mint-token', { kind: 'anonymous' })).body.token as string;
  const service = (await post(first.url, 'mint-token', { kind: 'service' })).body.token as string;
  expect((await post(first.url, 'stats', {})).status).toBe(401);
  await first.stop();
  const second = await dev(folder, ['--storage', 'sqlite']);
  expect(second.output()).toContain(anonymous);
  expect(second.output()).toContain(service);
  expect(second.output()).not.toContain(tokens.service);
  expect((await post(second.url, 'stats', {}, service)).status).toBe(200);
});

test('a schema that contradicts stored data stops the start and says which attribute', async () => {
  const folder = projectFolder({ 'triplit/schema.ts': schemaSource('text: S.String()') });
  const first = await dev(folder, ['--storage', 'lmdb']);
  await post(first.url, 'insert', { collectionName: 'todos', entity: { text: 'a' } });
  await first.stop();
  writeFiles(folder, { 'triplit/schema.ts': schemaSource('text: S.Number()') });
  const { code, stderr } = await triplit(folder, ['dev', '--storage', 'lmdb', '--dbPort', String(await freePort())]);
  expect(code).toBe(1);
  expect(stderr).toContain('todos.text:');
  expect(stderr).not.toContain('    at ');
});

test("tokens of an identity provider are verified with the key from .env, on one line as in Clerk's guide", async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString().replaceAll('\n', '');
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({ sub: 'user_1', meta: { roles: { team: 'x' } } })}`;
  const token = `${text}.${sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')}`;

  const folder = projectFolder({ '.env': `TRIPLIT_EXTERNAL_JWT_SECRET=${pem}\n` });
  const server = await dev(folder);
  expect((await post(server.url, 'fetch', { query: { collectionName: 'todos' } }, token)).status).toBe(200);
  expect(server.output()).toMatch(/TRIPLIT_EXTERNAL_JWT_SECRET.*RSA/);
  expect(server.output()).not.toContain(pem);

  const forged = `${text}.${Buffer.from('forged').toString('base64url')}`;
  expect((await post(server.url, 'fetch', { query: { collectionName: 'todos' } }, forged)).status).toBe(401);
  await server.printed('TRIPLIT_EXTERNAL_JWT_SECRET');
  expect(server.output().replaceAll(tokens.service, '').replaceAll(tokens.anonymous, '')).not.toContain('eyJ');
});

test('an external token without any external setting is refused with the name of the setting', async () => {
  const server = await dev(projectFolder());
  const external = mintServerTokens('whatever', 'x').service.split('.');
  external[1] = Buffer.from(JSON.stringify({ sub: 'user_1' })).toString('base64url');
  expect((await post(server.url, 'fetch', { query: { collectionName: 'todos' } }, external.join('.'))).status).toBe(
    401,
  );
  await server.printed('EXTERNAL_JWT_SECRET');
});

test('a key that cannot be read is named at the start, never shown, and every external token is refused', async () => {
  const folder = projectFolder({
    '.env': 'TRIPLIT_EXTERNAL_JWT_SECRET=-----BEGIN PUBLIC KEY-----nonsense-----END PUBLIC KEY-----',
  });
  const server = await dev(folder);
  await server.printed('TRIPLIT_EXTERNAL_JWT_SECRET');
  expect(server.output()).not.toContain('nonsense');
  const external = tokens.service.split('.').with(1, Buffer.from('{"sub":"user_1"}').toString('base64url')).join('.');
  const { status, body } = await post(server.url, 'fetch', { query: { collectionName: 'todos' } }, external);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(body.message).toContain('TRIPLIT_EXTERNAL_JWT_SECRET');
});

test('the claims path decides which part of a token matches the roles', async () => {
  const secret = 'a shared secret of at least thirty-two bytes';
  const folder = projectFolder({
    '.env': `TRIPLIT_EXTERNAL_JWT_SECRET=${secret}\nTRIPLIT_CLAIMS_PATH=app.claims`,
    'triplit/schema.ts': `import { Schema as S } from '@triplit/client';
export const roles = { admin: { match: { type: 'admin' } } };
export const schema = S.Collections({ secrets: { schema: S.Schema({ id: S.Id() }), permissions: { admin: { read: { filter: [true] } } } } });`,
  });
  const { createHmac } = await import('node:crypto');
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = (claims: object): string => {
    const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const server = await dev(folder);
  await post(server.url, 'insert', { collectionName: 'secrets', entity: { id: '1' } });
  const query = { query: { collectionName: 'secrets' } };
  expect(
    (await post(server.url, 'fetch', query, signed({ sub: 'a', app: { claims: { type: 'admin' } } }))).body,
  ).toHaveLength(1);
  expect(
    (await post(server.url, 'fetch', query, signed({ sub: 'a', app: { claims: { type: 'guest' } } }))).body,
  ).toHaveLength(0);
});

test('--seed inserts a seed at the start', async () => {
  const folder = projectFolder({
    'triplit/seeds/first.ts': 'export default () => ({ todos: [{ id: "s1" }, { id: "s2" }] });',
  });
  const server = await dev(folder, ['--seed', 'first']);
  expect((await post(server.url, 'fetch', { query: { collectionName: 'todos' } })).body).toHaveLength(2);
});
