/** Several tabs of one browser, with and without workers: one store, one connection, one outbox, whoever dies. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Page } from 'playwright-core';
import { Tabs } from './tabs.ts';

let tabs: Tabs;
beforeAll(async () => void (tabs = await Tabs.start()));
beforeEach(() => tabs.renew());
afterAll(() => tabs?.close());

const serverHas = (...texts: string[]) =>
  expect.poll(() => tabs.site.serverTexts(), { timeout: 15_000 }).toEqual(texts);

describe.each(['tab', 'shared-worker', 'worker'] as const)('clients of the kind %s', (kind) => {
  test('share one connection and see the same', async () => {
    const one = await tabs.open(kind);
    const two = await tabs.open(kind);
    await one.insert('a', 'of one');
    await two.insert('b', 'of two');
    await one.shows('of one', 'of two');
    await two.shows('of one', 'of two');
    await serverHas('of one', 'of two');
    await one.hasSent();
    await two.hasSent();
    if (kind === 'tab') expect([one.sockets, two.sockets]).toEqual([1, 0]);
  });

  test('offline, what one tab writes is seen in the other, survives reloads of both, and is sent once', async () => {
    const one = await tabs.open(kind);
    const two = await tabs.open(kind);
    await one.insert('a', 'online');
    await two.shows('online');
    await serverHas('online');
    await one.run('page.client.disconnect()');
    await two.run('page.client.disconnect()');
    await tabs.context.setOffline(true);
    await two.insert('b', 'offline');
    await one.shows('online', 'offline');
    await tabs.context.setOffline(false);
    await two.page.close();
    await one.reload();
    await one.shows('online', 'offline');
    await serverHas('online', 'offline');
    await one.hasSent();
  });

  test('a tab that crashes loses nothing that it was told is stored', async () => {
    const one = await tabs.open(kind);
    const two = await tabs.open(kind);
    await two.shows();
    await one.insert('a', 'first');
    await two.shows('first');
    await one.insert('b', 'last words');
    await one.crash();
    await two.insert('c', 'life goes on');
    await two.shows('first', 'last words', 'life goes on');
    await serverHas('first', 'last words', 'life goes on');
    const three = await tabs.open(kind);
    await three.shows('first', 'last words', 'life goes on');
  });
});

describe('tabs', () => {
  test('the leader crashes offline: another has its writes, stores its own, and sends all', async () => {
    const leader = await tabs.open();
    await leader.insert('a', 'known');
    const follower = await tabs.open();
    await follower.shows('known');
    await leader.run('page.client.disconnect()');
    await leader.insert('b', 'of the leader');
    await follower.insert('c', 'of the follower');
    await leader.crash();
    await follower.shows('known', 'of the leader', 'of the follower');
    await serverHas('known', 'of the leader', 'of the follower');
    await follower.hasSent();
    await follower.reload();
    await follower.shows('known', 'of the leader', 'of the follower');
  });

  test('ten takeovers in a row, with a write before and after each', async () => {
    let current = await tabs.open();
    const expected: string[] = [];
    for (let round = 0; round < 10; round++) {
      const next = await tabs.open();
      const [before, after] = [`${round} a`, `${round} b`];
      await current.insert(before);
      expected.push(before);
      await next.shows(...expected);
      await (round % 2 === 0 ? current.crash() : current.page.close());
      await next.insert(after);
      expected.push(after);
      current = next;
    }
    await current.shows(...expected);
    await serverHas(...expected);
  });

  test('twenty tabs at once', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => tabs.open()));
    await Promise.all(all.map((tab, index) => tab.insert(String(index).padStart(2, '0'))));
    const expected = all.map((_, index) => String(index).padStart(2, '0'));
    for (const tab of all) await tab.shows(...expected);
    await serverHas(...expected);
    expect(all.reduce((sum, { sockets }) => sum + sockets, 0)).toBe(1);
  });

  test('when the disk is full a write says so, stays visible, and is stored and sent once there is room', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'triplit-browser-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    await tabs.renew(folder);
    const quota = (quotaSize?: number) => async (page: Page) => {
      const session = await page.context().newCDPSession(page);
      await session.send('Storage.overrideQuotaForOrigin', {
        origin: tabs.site.origin,
        ...(quotaSize && { quotaSize }),
      });
    };
    // Before the database is opened: browsers remember how much room there was.
    const one = await tabs.open('tab', {}, quota(500_000));
    await one.insert('a', 'small');
    await one.run('page.client.disconnect()');
    const outcome = await one.run<string>(
      `const text = Array.from({ length: 200_000 }, () => Math.random().toString(36)).join('');
       return page.client.insert('notes', { id: 'b', text }).then(() => 'stored', (error) => error.message)`,
    );
    expect(outcome).toContain('QuotaExceededError');
    expect(await one.run('return page.texts.length')).toBe(2);
    await quota()(one.page);
    await one.insert('c', 'room again');
    await one.reload();
    await expect.poll(() => one.run('return page.texts.length')).toBe(3);
    await expect.poll(async () => (await tabs.site.serverTexts()).length).toBe(3);
  });

  test('where storage is blocked the client works in memory, and says so', async () => {
    const one = await tabs.open('tab', {}, (page) =>
      page.addInitScript(() => {
        IDBFactory.prototype.open = () => {
          throw new DOMException('The user denied permission to access the database.', 'SecurityError');
        };
      }),
    );
    await one.insert('a', 'in memory');
    await one.shows('in memory');
    await serverHas('in memory');
    expect(one.console.join('\n')).toContain('IndexedDB could not be opened, so data is kept in memory');
    await one.reload();
    await one.shows('in memory');
  });
});
