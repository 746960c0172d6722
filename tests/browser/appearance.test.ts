/** What people see first, in the light and in the dark, on a desk and on a phone: kept as pictures to look at. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person } from './support/person.ts';
import { Stack } from './support/stack.ts';

let stack: Stack;
let ada: Person;

beforeAll(async () => {
  stack = await Stack.start();
  const grace = await stack.signIn('Grace');
  await grace.online();
  await grace.add('Find the moth in relay 70 and tape it into the logbook', 'public');
  await grace.sent();

  ada = await stack.signIn('Ada');
  await ada.online();
  await ada.add('Write note G', 'public');
  await ada.setDone('Write note G');
  await ada.add('Ask Mr. Babbage for the latest drawings before Thursday');
  await ada.sees('Find the moth');
  await ada.sent();
});

afterAll(() => stack?.close());

for (const colorScheme of ['light', 'dark'] as const) {
  test(`on a desk, ${colorScheme}`, async () => {
    await ada.page.emulateMedia({ colorScheme });
    await ada.screenshot(`desk-${colorScheme}`);
    await ada.todo('Find the moth').getByRole('button', { name: 'Break the rules' }).click();
    await ada.screenshot(`desk-${colorScheme}-menu`);
    await ada.page.keyboard.press('Escape');
    expect(await ada.page.getByRole('menu').count()).toBe(0);
  });

  test(`on a phone, ${colorScheme}, nothing is wider than the screen`, async () => {
    await ada.page.emulateMedia({ colorScheme });
    await ada.page.setViewportSize({ width: 360, height: 720 });
    await ada.screenshot(`phone-${colorScheme}`);
    const overflow = await ada.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await ada.page.setViewportSize({ width: 960, height: 720 });
  });
}

test('with the keyboard alone, somebody writes, ticks and renames a todo', async () => {
  await ada.page.getByLabel('New todo').focus();
  await ada.page.keyboard.type('Typed and sent by keyboard');
  await ada.page.keyboard.press('Enter');
  await ada.sees('Typed and sent by keyboard');

  await ada.todo('Typed and sent').getByRole('checkbox').focus();
  await ada.page.keyboard.press('Space');
  await ada.page.locator('li.todo.done', { hasText: 'Typed and sent' }).waitFor();

  await ada.page.keyboard.press('Tab');
  await ada.page.keyboard.press('Enter');
  await ada.page.getByLabel('Edit todo').fill('Renamed by keyboard');
  await ada.page.keyboard.press('Enter');
  await ada.sees('Renamed by keyboard');
});
