/**
 * The Triplit server as `npx triplit dev --storage lmdb` starts it in a project's folder. Its start-up text is shown
 * only if it fails; what it logs afterwards is handed on, since that is where a refused session is explained.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const cli = fileURLToPath(new URL('../../packages/cli/bin/triplit.js', import.meta.url));
const endWithParent = new URL('./end-with-parent.mjs', import.meta.url).href;
const START_TIMEOUT_MS = 60_000;
/** The last line of the start-up text; the server accepts connections by then. */
const READY_LINE = /^\s*Logs\b/;
const STOP_TIMEOUT_MS = 5_000;

export async function startTriplitServer({ folder, port, env, onLine, onUnexpectedEnd }) {
  const child = spawn(
    process.execPath,
    ['--import', endWithParent, cli, 'dev', '--storage', 'lmdb', '--dbPort', String(port)],
    {
      cwd: folder,
      env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}), ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  const state = { ready: false, stopping: false, output: [] };
  const ready = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (state.ready) return onLine(line);
        state.output.push(line);
        state.ready = READY_LINE.test(stripVTControlCharacters(line));
        if (state.ready) resolve();
      });
    }
  });
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

  const whyNot = await Promise.race([
    ready,
    ended.then((how) => `The Triplit server ended while starting (${how}).`),
    delay(START_TIMEOUT_MS, `The Triplit server did not start within ${START_TIMEOUT_MS / 1000} s.`, { ref: false }),
  ]);
  if (whyNot !== undefined) {
    await server.stop();
    throw new Error(`${state.output.join('\n')}\n\n${whyNot}`);
  }
  void ended.then((how) => {
    if (!state.stopping) onUnexpectedEnd?.(how);
  });
  return server;
}
