/** WebKit, as GNOME ships it, over WebDriver (https://w3c.github.io/webdriver) on a virtual display. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { takeFreePort } from '../../tools/demo/free-port.mjs';
import { asText, valueOf } from './other-browser.ts';
import type { OtherBrowser, OtherPage } from './other-browser.ts';

const STARTS_WITHIN_MS = 20_000;

export async function launchWebKit({ driver, browser }: { driver: string; browser: string }): Promise<OtherBrowser> {
  const port = await takeFreePort();
  const child = spawn('xvfb-run', ['-a', driver, `--port=${port}`], { stdio: 'ignore', detached: true });
  const root = `http://127.0.0.1:${port}`;
  await reached(`${root}/status`);
  const { sessionId } = (await request(root, 'POST', '/session', {
    capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary: browser, args: ['--automation'] } } },
  })) as { sessionId: string };
  const session = `${root}/session/${sessionId}`;
  await request(session, 'POST', '/timeouts', { script: 30_000 });
  // Commands go to the current window, one at a time.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(action: () => Promise<T>): Promise<T> => {
    const done = last.then(action);
    last = done.catch(() => undefined);
    return done;
  };
  return {
    open: async (url) => {
      const handle = await inTurn(async () => {
        const made = (await request(session, 'POST', '/window/new', { type: 'tab' })) as { handle: string };
        return made.handle;
      });
      return openPage(session, inTurn, handle, url);
    },
    async close() {
      await request(session, 'DELETE', '').catch(() => undefined);
      const ended = once(child, 'exit');
      process.kill(-child.pid!);
      await ended;
    },
  };
}

async function openPage(
  session: string,
  inTurn: <T>(action: () => Promise<T>) => Promise<T>,
  handle: string,
  url: string,
): Promise<OtherPage> {
  const inWindow = (method: string, path: string, body?: object) =>
    inTurn(async () => {
      await request(session, 'POST', '/window', { handle });
      return request(session, method, path, body);
    });
  const load = () => inWindow('POST', '/url', { url });
  await load();
  return {
    async evaluate(expression) {
      const script = `const done = arguments[arguments.length - 1]; ${asText(expression)}.then(done)`;
      return valueOf(await inWindow('POST', '/execute/async', { script, args: [] }));
    },
    reload: async () => void (await load()),
    close: async () => void (await inWindow('DELETE', '/window')),
  };
}

async function request(root: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(root + path, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: any };
  if (!response.ok) throw new Error(`${method} ${path}: ${value?.message ?? response.status}`);
  return value;
}

async function reached(url: string): Promise<void> {
  const end = Date.now() + STARTS_WITHIN_MS;
  for (;;) {
    const isThere = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isThere) return;
    if (Date.now() > end) throw new Error(`Nothing answers at ${url}.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
