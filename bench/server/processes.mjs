/** Servers as processes of their own, which tell what they use. */
import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';

const root = new URL('../../', import.meta.url);
const path = (relative) => fileURLToPath(new URL(relative, root));
const jwtSecret = 'a secret of the benchmark that is long enough';

const text = { type: 'string', config: {} };
const collections = {
  todos: {
    schema: {
      type: 'record',
      config: {},
      properties: { id: text, text, room: text, owner: text, n: { type: 'number', config: {} } },
    },
  },
  members: { schema: { type: 'record', config: {}, properties: { id: text, room: text, user: text } } },
  /** Posts may be read by the members of their room. */
  posts: {
    schema: { type: 'record', config: {}, properties: { id: text, room: text, text } },
    relationships: {
      members: { query: { collectionName: 'members', where: [['room', '=', '$room']] }, cardinality: 'many' },
    },
    permissions: { user: { read: { filter: [['members.user', '=', '$role.user']] }, insert: { filter: [true] } } },
  },
};
const roles = { user: { match: { sub: '$user' } } };

export function tokenOf(claims) {
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(new TextEncoder().encode(jwtSecret));
}

const serve = (module, options) => ({
  cwd: path('tests/interop'),
  argumentsFor: (port) => ['servers/serve.mjs', module, JSON.stringify({ ...options, port })],
});
const options = { jwtSecret, dbOptions: { schema: { roles, collections } } };

/** How each server is started. */
export const servers = {
  ours: serve(path('packages/server/dist/index.js'), options),
  theirs: serve('@triplit/server', options),
  broadcast: { cwd: path('bench'), argumentsFor: (port) => ['server/broadcast.mjs', String(port)] },
  echo: { cwd: path('bench'), argumentsFor: (port) => ['server/broadcast.mjs', String(port), 'echo'] },
  'ours on LMDB': {
    cwd: path('.'),
    environment: async () => ({
      STORAGE: 'lmdb',
      JWT_SECRET: jwtSecret,
      LOCAL_DATABASE_URL: join(await mkdtemp(join(tmpdir(), 'triplit-bench-')), 'app.db'),
    }),
    argumentsFor: () => ['packages/server/dist/main.js'],
    /** It has no schema to start with. */
    prepare: async (url) => {
      const token = await tokenOf({ 'x-triplit-token-type': 'secret' });
      await fetch(`${url}/override-schema`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ schema: { roles, collections } }),
      });
    },
  },
};

/** `{ port, usage({ collectGarbage }), stop() }`, where usage is `{ cpuUs, rssBytes }`. */
export async function startServer({ cwd, argumentsFor, environment, prepare }) {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', path('bench/server/report-usage.mjs'), ...argumentsFor(port)],
    {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, PORT: String(port), ...(await environment?.()) },
    },
  );
  let output = '';
  await new Promise((resolve, reject) => {
    const read = (data) => {
      output += data.toString();
      if (/ready|listening on port/.test(output)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => reject(new Error(`A server ended before it was ready:\n${output}`)));
  });
  await prepare?.(`http://127.0.0.1:${port}`);
  return {
    port,
    usage: (request = {}) =>
      new Promise((resolve) => {
        child.once('message', resolve);
        child.send(request);
      }),
    stop: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit');
        child.once('exit', resolve);
        child.kill('SIGKILL');
      }),
  };
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
