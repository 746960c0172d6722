/** A server as a process of its own, so that neither side shares globals or classes with the other. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface ServerProcess {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

const folder = fileURLToPath(new URL('.', import.meta.url));

/** `module` is what the process imports `createServer` from. */
export async function startServerProcess(module: string, options: object): Promise<ServerProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, ['servers/serve.mjs', module, JSON.stringify({ ...options, port })], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    const read = (data: Buffer): void => {
      output += data.toString();
      if (/^ready$/m.test(output)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`The server ended with ${code} before it was ready:\n${output}`)));
  });
  return {
    port,
    url: `http://localhost:${port}`,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
