/** Firefox as its makers ship it, over WebDriver BiDi (https://w3c.github.io/webdriver-bidi), which it speaks by itself. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { asText, valueOf } from './other-browser.ts';
import type { OtherBrowser, OtherPage } from './other-browser.ts';

export async function launchFirefox(path: string): Promise<OtherBrowser> {
  const profile = mkdtempSync(join(tmpdir(), 'triplit-firefox-'));
  const child = spawn(path, ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (data: Buffer) => {
      output += data.toString();
      const found = /WebDriver BiDi listening on (ws:\S+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`Firefox ended before it listened:\n${output}`)));
  });
  const connection = await BidiConnection.open(`${address}/session`);
  await connection.ask('session.new', { capabilities: {} });
  return {
    async open(url) {
      const { context } = (await connection.ask('browsingContext.create', { type: 'tab' })) as { context: string };
      return openPage(connection, context, url);
    },
    async close() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function openPage(connection: BidiConnection, context: string, url: string): Promise<OtherPage> {
  const load = () => connection.ask('browsingContext.navigate', { context, url, wait: 'complete' });
  await load();
  return {
    async evaluate(expression) {
      const { result } = (await connection.ask('script.evaluate', {
        expression: asText(expression),
        target: { context },
        awaitPromise: true,
      })) as { result: { value: string } };
      return valueOf(result.value);
    },
    reload: async () => void (await load()),
    close: async () => void (await connection.ask('browsingContext.close', { context })),
  };
}

class BidiConnection {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const { id, type, result, message } = JSON.parse(data.toString());
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (type === 'error') waiting?.reject(new Error(message));
      else waiting?.resolve(result);
    });
  }

  static async open(url: string): Promise<BidiConnection> {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return new BidiConnection(socket);
  }

  ask(method: string, params: object): Promise<unknown> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
