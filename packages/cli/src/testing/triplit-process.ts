/** Runs the built `triplit` binary as a user's shell would, in a folder of its own. For tests only. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const binary = fileURLToPath(new URL('../../bin/triplit.js', import.meta.url));
const START_TIMEOUT_MS = 20_000;
const RUN_TIMEOUT_MS = 30_000;

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningDev {
  readonly url: string;
  readonly port: number;
  /** Everything printed so far, both streams, without colours. */
  output(): string;
  /** Resolves when the text appears in the output from now on or has appeared before. */
  printed(text: string | RegExp): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<Finished>;
}

export function projectFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'triplit-cli-'));
  writeFiles(folder, files);
  return folder;
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** Runs a command to its end, and ends it when it takes too long. */
export async function triplit(
  folder: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Finished> {
  const { child, finished } = start(folder, args, env);
  const timer = setTimeout(() => child.kill('SIGKILL'), RUN_TIMEOUT_MS);
  return finished.finally(() => clearTimeout(timer));
}

/** Starts `triplit dev` on a free port and waits for its banner. */
export async function triplitDev(
  folder: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<RunningDev> {
  const port = await freePort();
  const { child, finished, output } = start(folder, ['dev', '--dbPort', String(port), ...args], env);
  const printed = async (text: string | RegExp): Promise<void> => {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(typeof text === 'string' ? output().includes(text) : text.test(output()))) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`Not printed: ${String(text)}\n${output()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await printed(/^Logs/m);
  return {
    port,
    url: `http://localhost:${port}`,
    output,
    printed,
    stop: (signal = 'SIGINT') => {
      child.kill(signal);
      return finished;
    },
  };
}

interface Started {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  readonly output: () => string;
}

function start(folder: string, args: readonly string[], env: Record<string, string>): Started {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(TRIPLIT_|VITEST|NODE_OPTIONS|FORCE_COLOR)/.test(name),
  );
  const child = spawn(process.execPath, [binary, ...args], {
    cwd: folder,
    env: { ...Object.fromEntries(inherited), NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let both = '';
  const read = (data: Buffer): string => {
    const text = stripVTControlCharacters(data.toString());
    both += text;
    return text;
  };
  child.stdout.on('data', (data: Buffer) => (stdout += read(data)));
  child.stderr.on('data', (data: Buffer) => (stderr += read(data)));
  const finished = new Promise<Finished>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, finished, output: () => both };
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
