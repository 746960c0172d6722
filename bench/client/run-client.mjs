/** Starts clients, ours and the published one, in fresh processes. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

/** The modules that export `TriplitClient`: ours as built, theirs as published. */
export const clients = {
  ours: fileURLToPath(new URL('packages/client/dist/index.js', root)),
  theirs: createRequire(new URL('tests/interop/package.json', root)).resolve('@triplit/client'),
};

/** Runs one workload in a new process and returns its figures. `answer`: does what the workload asks for. */
export function runClient(side, workload, { answer = async () => ({}), nodeOptions = [], ...settings } = {}) {
  const child = spawn(
    process.execPath,
    [
      ...nodeOptions,
      fileURLToPath(new URL('client-process.mjs', import.meta.url)),
      clients[side],
      workload,
      JSON.stringify(settings),
    ],
    { cwd: fileURLToPath(root), stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  return new Promise((resolve, reject) => {
    child.on('message', async ({ ask, figures }) => {
      if (figures !== undefined) resolve(figures);
      else child.send(await answer(ask));
    });
    child.once('exit', (code) => reject(new Error(`The client of ${workload} (${side}) ended with ${code}.`)));
  });
}
