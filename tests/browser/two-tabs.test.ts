/** One person with the app open in two tabs of one browser, signed in with Clerk once. */
import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person } from './support/person.ts';
import { Stack } from './support/stack.ts';

let stack: Stack;
let ada: Person;
let second: Page;

beforeAll(async () => {
  stack = await Stack.start();
  ada = await stack.signIn('Ada');
  await ada.online();
  second = await ada.context.newPage();
  second.on('websocket', () => void sockets++);
  await second.goto(stack.origin);
  await second.getByRole('button', { name: /^Signed in as Ada / }).waitFor();
  await second.locator('.pill.online').waitFor();
});
afterAll(() => stack?.close());

let sockets = 0;
const todo = (text: string) => second.locator('li.todo').filter({ hasText: text });
const add = async (text: string): Promise<void> => {
  await second.locator('.composer').getByLabel('New todo').fill(text);
  await second.locator('.composer').getByRole('button', { name: 'Add' }).click();
};

test('both show the same, over one connection', async () => {
  await ada.add('From the first tab');
  await todo('From the first tab').waitFor();
  await add('From the second tab');
  await ada.sees('From the second tab');
  expect([ada.sockets, sockets]).toEqual([1, 0]);
});

test('offline as well, and what is written then arrives once', async () => {
  await ada.goOffline();
  await ada.page.locator('.pill.offline').waitFor();
  await add('Offline in the second tab');
  await ada.sees('Offline in the second tab');
  await ada.add('Offline in the first tab');
  await todo('Offline in the first tab').waitFor();
  await ada.goOnline();
  await ada.sent();
  const grace = await stack.signIn('Grace');
  await grace.online();
  expect(await grace.texts()).toEqual([]);
  expect((await ada.texts()).toSorted()).toEqual([
    'From the first tab',
    'From the second tab',
    'Offline in the first tab',
    'Offline in the second tab',
  ]);
});

test('when the first tab closes, the second goes on by itself', async () => {
  await ada.page.close();
  await second.locator('.pill.online').waitFor();
  await add('After the first was closed');
  await second.locator('.pill .waiting').waitFor({ state: 'detached' });
  await expect.poll(() => sockets).toBe(1);
  mkdirSync('test-results/screenshots', { recursive: true });
  await second.screenshot({ path: 'test-results/screenshots/second-tab-alone.png', animations: 'disabled' });
  await second.reload();
  await todo('After the first was closed').waitFor();
  expect(await second.locator('li.todo').count()).toBe(5);
});

test('signing out in one tab signs out the other, and nothing is left to see', async () => {
  const third = await ada.context.newPage();
  await third.goto(stack.origin);
  await third.getByRole('button', { name: /^Signed in as Ada / }).waitFor();
  await third.getByRole('button', { name: /^Signed in as/ }).click();
  await third.getByRole('menuitem', { name: 'Sign out' }).click();
  await third.getByRole('button', { name: /^Ada / }).waitFor();
  await second.getByRole('button', { name: /^Ada / }).waitFor({ timeout: 30_000 });
  expect(await second.locator('li.todo').count()).toBe(0);
});
