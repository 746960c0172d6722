/** Without a network: adding, editing, reloading; and everything arrives once when it is back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person } from './support/person.ts';
import { Stack } from './support/stack.ts';

let stack: Stack;
let ada: Person;
let grace: Person;

beforeAll(async () => {
  stack = await Stack.start();
  [ada, grace] = await Promise.all([stack.signIn('Ada'), stack.signIn('Grace')]);
  await Promise.all([ada.online(), grace.online()]);
});

afterAll(() => stack?.close());

test('changes made offline outlive a reload and arrive once, in both browsers', async () => {
  await ada.add('Written online', 'public');
  await grace.sees('Written online');
  await ada.sent();
  await ada.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await appIsKept(ada);

  await ada.goOffline();
  await ada.add('Written offline', 'public');
  await ada.rename('Written online', 'Edited offline');
  await ada.add('Private and offline', 'private');
  await ada.sees('Private and offline');
  await ada.page.locator('.pill.offline').waitFor();
  await ada.screenshot('offline-before-reload');

  await ada.page.reload({ waitUntil: 'commit' });
  await ada.sees('Written offline');
  expect(await ada.texts()).toEqual(['Private and offline', 'Written offline', 'Edited offline']);
  expect(await ada.page.locator('.pill').innerText()).toMatch(/Offline\s+3 waiting/);
  await ada.screenshot('offline-after-reload');

  await grace.add('Meanwhile elsewhere', 'public');
  await grace.sent();
  expect(await grace.texts()).toEqual(['Meanwhile elsewhere', 'Written online']);

  await ada.goOnline();
  await ada.sent();
  await grace.sees('Edited offline');
  await grace.sees('Written offline');
  await ada.sees('Meanwhile elsewhere');
  expect((await grace.texts()).toSorted()).toEqual(['Edited offline', 'Meanwhile elsewhere', 'Written offline']);
  expect((await ada.texts()).toSorted()).toEqual([
    'Edited offline',
    'Meanwhile elsewhere',
    'Private and offline',
    'Written offline',
  ]);
  await ada.screenshot('online-again');

  await ada.page.reload();
  await ada.sent();
  expect(await ada.texts()).toHaveLength(4);
});

/** The service worker keeps the app right after the first visit; a person needs longer to pull the plug. */
async function appIsKept(person: Person): Promise<void> {
  await expect
    .poll(() => person.page.evaluate(async () => (await caches.match('/')) !== undefined), { timeout: 15_000 })
    .toBe(true);
  await expect
    .poll(
      () =>
        person.page.evaluate(async () => {
          const loaded = performance.getEntriesByType('resource').map((entry) => entry.name);
          const own = loaded.filter((name) => name.startsWith(location.origin) && !name.includes('/fapi'));
          const kept = await Promise.all(own.map((name) => caches.match(name, { ignoreVary: true })));
          return kept.every(Boolean);
        }),
      { timeout: 15_000 },
    )
    .toBe(true);
}
