/** `npm run demo` as a new user runs it: one URL, a usable page, and nothing left behind after Ctrl-C. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { launchChromium } from './support/chromium.ts';
import { Person } from './support/person.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const APP_PORT = 5210;

let demo: ChildProcess | undefined;
let squatter: Server | undefined;

afterEach(() => {
  demo?.kill('SIGKILL');
  squatter?.close();
});

test('the demo gives one URL where somebody can sign in and add a todo, although its port is taken', async () => {
  squatter = createServer().listen(APP_PORT, '127.0.0.1');
  await once(squatter, 'listening').catch(() => undefined);

  const { output, url } = await startDemo();
  expect(output()).toContain('Starting the Triplit server on LMDB');
  expect(output().match(/http:\/\/\S+/g)).toEqual([url]);
  expect(url).not.toContain(`:${APP_PORT}`);

  const browser = await launchChromium();
  try {
    const linus = await Person.signIn(browser, url, 'Linus');
    await linus.online();
    const text = `Read the demo's own page, ${Date.now()}`;
    await linus.add(text);
    await linus.sees(text);
    await linus.sent();
    await linus.screenshot('demo');
    // Pages of the demo run React's development build, which says what it finds wrong.
    expect(linus.console.filter((line) => /React has detected|Rules of Hooks|same key/.test(line))).toEqual([]);
    await linus.delete(text);
    await linus.sent();
  } finally {
    await browser.close();
  }

  demo!.kill('SIGINT');
  const [code] = (await once(demo!, 'exit')) as [number | null];
  expect(code).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
});

function startDemo(): Promise<{ output: () => string; url: string }> {
  demo = spawn(process.execPath, ['tools/demo.mjs'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, VITE_CLERK_PUBLISHABLE_KEY: '' },
  });
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    for (const stream of [demo!.stdout!, demo!.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        lines.push(chunk.toString());
        const url = /➜\s+(http:\/\/\S+)/.exec(lines.join(''))?.[1];
        if (url) resolve({ output: () => lines.join(''), url });
      });
    }
    demo!.once('exit', (code) => reject(new Error(`The demo ended with ${code}:\n${lines.join('')}`)));
  });
}
