/**
 * `npm run demo`: builds the packages, starts the Triplit server on LMDB, the sample app and, unless real Clerk keys
 * are configured, the local stand-in of Clerk. Prints one URL when a person can open it. However it ends, nothing that
 * it started stays behind.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { takeFreePort } from './demo/free-port.mjs';
import { step, say, explain } from './demo/progress.mjs';
import { runToEnd } from './demo/run-to-end.mjs';
import { startTriplitServer } from './demo/triplit-server.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const example = fileURLToPath(new URL('../examples/clerk-todos/', import.meta.url));
const preferredPorts = { app: 5210, triplit: 6543, standIn: 6544 };

/** What the server logs while other things still start; shown when they have. */
let heldLines = [];

/** What has been started, newest last; each knows how to stop. */
const running = [];
let stopping = false;

process.once('SIGINT', () => stop(0, 'Stopping …'));
process.once('SIGTERM', () => stop(0, 'Stopping …'));

main().catch((error) => {
  if (stopping) return;
  explain(error);
  return stop(1);
});

async function main() {
  requireNode(20, 19);
  const settings = readSettings();

  await step('Building the packages', () => runToEnd('npm', ['run', '--silent', 'build'], root));

  const ports = {
    app: await takeFreePort(preferredPorts.app),
    triplit: await takeFreePort(preferredPorts.triplit),
    standIn: await takeFreePort(preferredPorts.standIn),
  };
  const origin = `http://localhost:${ports.app}`;

  const standIn = settings.realClerk
    ? undefined
    : await step('Starting the local stand-in of Clerk', () => startStandIn(origin, ports.standIn));

  await step('Starting the Triplit server on LMDB', async () => {
    const server = await startTriplitServer({
      folder: example,
      port: ports.triplit,
      env: standIn ? { TRIPLIT_EXTERNAL_JWT_SECRET: oneLine(standIn.publicKeyPem) } : {},
      onLine: showServerLine,
      onUnexpectedEnd: (how) => stop(1, `The Triplit server ended by itself (${how}); its last lines are above.`),
    });
    running.push(server);
  });

  process.env.VITE_TRIPLIT_SERVER_URL = `http://localhost:${ports.triplit}`;
  process.env.CLERK_STAND_IN_URL = `http://127.0.0.1:${ports.standIn}`;
  await step('Starting the app', () => startApp(ports.app, origin));

  say(['', ...heldLines, ''].join('\n'));
  heldLines = undefined;
  if (standIn) {
    say('No Clerk keys in examples/clerk-todos/.env, so a local stand-in of Clerk is used. Sign in as anybody;');
    say('open a private window to be a second person.');
  } else if (!settings.externalJwtSecret) {
    say(
      'TRIPLIT_EXTERNAL_JWT_SECRET is missing in examples/clerk-todos/.env, so the server will refuse Clerk sessions.',
    );
  }
  say(`\n  ➜  ${origin}\n`);
  say('Ctrl-C stops everything.\n');
}

function requireNode(major, minor) {
  const [runningMajor, runningMinor] = process.versions.node.split('.').map(Number);
  if (runningMajor > major || (runningMajor === major && runningMinor >= minor)) return;
  throw new Error(`The demo needs Node ${major}.${minor} or newer; this is ${process.versions.node}.`);
}

function readSettings() {
  const file = `${example}.env`;
  const env = { ...(existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}), ...process.env };
  const externalJwtSecret = env.TRIPLIT_EXTERNAL_JWT_SECRET;
  return { realClerk: Boolean(env.VITE_CLERK_PUBLISHABLE_KEY), externalJwtSecret };
}

async function startStandIn(origin, port) {
  const { startClerkStandIn } = await import('clerk-stand-in');
  const stateFile = `${example}triplit/.data/clerk-stand-in.json`;
  const server = await startClerkStandIn({ origin, port, stateFile });
  running.push({ stop: () => server.close() });
  return server.standIn;
}

async function startApp(port, origin) {
  const { createServer } = await import('vite');
  const server = await createServer({
    root: example,
    logLevel: 'warn',
    server: { host: '127.0.0.1', port, strictPort: true },
  });
  running.push({ stop: () => server.close() });
  await server.listen();
  // The first request makes Vite prepare its dependencies, so that the first visitor does not wait for it.
  await fetch(`${origin}/src/main.tsx`);
}

function showServerLine(line) {
  const text = `  triplit │ ${line}`;
  if (heldLines) heldLines.push(text);
  else say(text);
}

/** As a person copies it into `.env`: without the line breaks. */
function oneLine(pem) {
  return pem.replaceAll('\n', '');
}

async function stop(exitCode, text) {
  if (stopping) return;
  stopping = true;
  if (text) say(`\n${text}`);
  await Promise.allSettled(running.reverse().map((part) => part.stop()));
  process.exit(exitCode);
}
