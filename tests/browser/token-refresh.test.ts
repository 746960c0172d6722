/** Clerk's tokens live 60 s; here 4 s, so that ten minutes of a page's life pass in 40 s. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person } from './support/person.ts';
import { Stack } from './support/stack.ts';

const TOKEN_LIFETIME_SECONDS = 4;
const LIFETIMES = 10;

let stack: Stack;
let ada: Person;
let grace: Person;

beforeAll(async () => {
  stack = await Stack.start({ tokenLifetimeSeconds: TOKEN_LIFETIME_SECONDS });
  [ada, grace] = await Promise.all([stack.signIn('Ada'), stack.signIn('Grace')]);
  await Promise.all([ada.online(), grace.online()]);
});

afterAll(() => stack?.close());

test(`${LIFETIMES} token lifetimes pass: the socket is never dropped and no write is lost`, async () => {
  const statuses = await watchStatus(ada);
  const socketsBefore = [ada.sockets, grace.sockets];
  const written: string[] = [];
  for (let lifetime = 0; lifetime < LIFETIMES; lifetime += 1) {
    const text = `Token lifetime ${lifetime}`;
    await ada.add(text, 'public');
    written.push(text);
    await grace.sees(text);
    await ada.page.waitForTimeout(TOKEN_LIFETIME_SECONDS * 1000);
  }
  await ada.sent();

  expect([ada.sockets, grace.sockets]).toEqual(socketsBefore);
  expect(await statuses()).toEqual(['OPEN']);
  expect((await grace.texts()).toSorted()).toEqual(written.toSorted());
  await ada.screenshot('after-ten-lifetimes');
});

test('while Clerk gives no tokens the server lets go, and with the next token everything goes on', async () => {
  await ada.context.route('**/tokens**', (route) => route.abort());
  await ada.page.locator('.pill:not(.online)').waitFor({ timeout: 30_000 });
  await ada.add('Written without a valid token', 'public');
  expect(await grace.texts()).not.toContain('Written without a valid token');

  await ada.context.unroute('**/tokens**');
  await grace.sees('Written without a valid token', 60_000);
  await ada.sent();
});

/** Records every connection status that the page shows from now on. */
async function watchStatus(person: Person): Promise<() => Promise<string[]>> {
  await person.page.evaluate(() => {
    const pill = document.querySelector<HTMLElement>('.pill')!;
    const seen = [pill.dataset.connection!];
    (globalThis as any).statuses = seen;
    new MutationObserver(() => {
      if (seen.at(-1) !== pill.dataset.connection) seen.push(pill.dataset.connection!);
    }).observe(pill, { attributes: true, attributeFilter: ['data-connection'] });
  });
  return () => person.page.evaluate(() => (globalThis as any).statuses as string[]);
}
