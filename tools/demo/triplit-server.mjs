/**
 * The Triplit server as `npx triplit dev --storage lmdb` starts it in a project's folder. Its start-up text is shown
 * only if it fails; what it logs afterwards is handed on, since that is where a refused session is explained.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../packages/cli/bin/triplit.js', import.meta.url));
const endWithParent = new URL('./end-with-parent.mjs', import.meta.url).href;
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 100;
const STOP_TIMEOUT_MS = 5_000;

export async function startTriplitServer({ folder, port, env, onLine, onUnexpectedEnd }) {
  const child = spawn(
    process.execPath,
    ['--import', endWithParent, cli, 'dev', '--storage', 'lmdb', '--dbPort', String(port)],
    {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  const state = { ready: false, stopping: false, output: [] };
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (state.ready) onLine(line);
      else state.output.push(line);
    });
  }
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`)));

  const server = {
    process: child,
    stop: async () => {
      state.stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
  };

  const early = ended.then((how) => {
    throw new Error(`${state.output.join('\n')}\n\nThe Triplit server ended while starting (${how}).`);
  });
  early.catch(() => undefined);
  try {
    await Promise.race([early, answers(port)]);
  } catch (error) {
    await server.stop();
    throw error;
  }
  state.ready = true;
  void ended.then((how) => {
    if (!state.stopping) onUnexpectedEnd?.(how);
  });
  return server;
}

async function answers(port) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const response = await fetch(`http://localhost:${port}/healthcheck`).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`The Triplit server did not answer on port ${port} within ${START_TIMEOUT_MS / 1000} s.`);
}
