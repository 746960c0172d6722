/** Several tabs in Firefox and in WebKit: what `tests/browser/sharing` tells of Chromium, as far as drivers reach there. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findFirefox, findWebKit } from '../../tools/ensure-other-browsers.mjs';
import { ClientTab } from '../browser/sharing/client-tab.ts';
import { Site } from '../browser/sharing/site.ts';
import type { Kind } from '../browser/sharing/site.ts';
import { launchFirefox } from './firefox.ts';
import type { OtherBrowser, OtherPage } from './other-browser.ts';
import { launchWebKit } from './webkit.ts';

const timeout = 15_000;

class Tab extends ClientTab {
  readonly #page: OtherPage;
  readonly #options: readonly [Kind, object];

  constructor(page: OtherPage, kind: Kind, options: object) {
    super();
    this.#page = page;
    this.#options = [kind, options];
  }

  async start(): Promise<void> {
    await expect.poll(() => this.#page.evaluate('typeof openClient'), { timeout }).toBe('function');
    await this.#page.evaluate(`openClient(...${JSON.stringify(this.#options)})`);
  }

  run<T>(code: string): Promise<T> {
    return this.#page.evaluate(`(async () => { ${code} })()`) as Promise<T>;
  }

  async reload(): Promise<void> {
    await this.#page.reload();
    await this.start();
  }

  close(): Promise<void> {
    return this.#page.close();
  }
}

describe.each([
  ['Firefox', async () => launchFirefox(findFirefox()!)],
  ['WebKit', async () => launchWebKit(findWebKit()!)],
])('%s', (_name, launch) => {
  let site: Site;
  let browser: OtherBrowser;
  beforeAll(async () => void (site = await Site.start()));
  beforeEach(async () => {
    browser = await launch();
    await site.clearServer();
  });
  afterEach(() => browser?.close());
  afterAll(() => site?.close());

  const open = async (kind: Kind = 'tab', options: object = {}): Promise<Tab> => {
    const tab = new Tab(await browser.open(site.origin), kind, { ...site.clientOptions, ...options });
    await tab.start();
    return tab;
  };
  const serverHas = (...texts: string[]) => expect.poll(() => site.serverTexts(), { timeout }).toEqual(texts);

  describe.each(['tab', 'shared-worker', 'worker'] as const)('clients of the kind %s', (kind) => {
    test('see the same, and sync', async () => {
      const one = await open(kind);
      const two = await open(kind);
      await one.insert('a', 'of one');
      await two.insert('b', 'of two');
      await one.shows('of one', 'of two');
      await two.shows('of one', 'of two');
      await serverHas('of one', 'of two');
      await one.hasSent();
      await two.hasSent();
    });

    test('keep what is written offline through the end of one tab and the reload of the other', async () => {
      const one = await open(kind);
      const two = await open(kind);
      await one.insert('a', 'online');
      await two.shows('online');
      await serverHas('online');
      await one.run('page.client.disconnect()');
      await two.run('page.client.disconnect()');
      await two.insert('b', 'offline');
      await one.shows('online', 'offline');
      await two.close();
      await one.reload();
      await one.shows('online', 'offline');
      await serverHas('online', 'offline');
      await one.hasSent();
    });
  });

  test('five takeovers in a row, with a write before and after each', async () => {
    let current = await open();
    const expected: string[] = [];
    for (let round = 0; round < 5; round++) {
      const next = await open();
      const [before, after] = [`${round} a`, `${round} b`];
      await current.insert(before);
      expected.push(before);
      await next.shows(...expected);
      await current.close();
      await next.insert(after);
      expected.push(after);
      current = next;
    }
    await current.shows(...expected);
    await serverHas(...expected);
  });
});
