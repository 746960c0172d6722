/** One browser, one person after the other: nothing of the first is left for the second. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person } from './support/person.ts';
import { Stack } from './support/stack.ts';

let stack: Stack;
let person: Person;

beforeAll(async () => {
  stack = await Stack.start();
  person = await stack.signIn('Ada');
  await person.online();
});

afterAll(() => stack?.close());

test('switching to Linus shows him what is public and nothing that was Ada’s alone', async () => {
  await person.add('For Ada only', 'private');
  await person.add('For everybody', 'public');
  await person.sent();

  await person.chooseInUserMenu('Switch to Linus');
  await person.signedInAs('Linus');
  await person.online();
  await person.sees('For everybody');
  expect(await person.texts()).toEqual(['For everybody']);
  await person.screenshot('switched-to-linus');
});

test('back as Ada, everything comes from the server again', async () => {
  await person.chooseInUserMenu('Switch to Ada');
  await person.signedInAs('Ada');
  await person.sees('For Ada only');
  await person.sees('For everybody');
});

test('signing out leads to the choice of people, and stays so over a reload', async () => {
  await person.chooseInUserMenu('Sign out');
  await person.page.getByRole('list', { name: 'Sign in as' }).waitFor();
  await person.page.reload();
  await person.page.getByRole('list', { name: 'Sign in as' }).waitFor();
  await person.screenshot('signed-out');
});
