/** The server dies by `kill -9` in the middle of writes. What it acknowledged is there; everybody catches up. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Person } from './support/person.ts';
import { report } from './support/report.ts';
import { Stack } from './support/stack.ts';

let stack: Stack;

beforeEach(async () => {
  stack = await Stack.start();
});

afterEach(() => stack?.close());

test('every acknowledged write is there after kill -9, even if its writer never comes back', async () => {
  const ada = await stack.signIn('Ada');
  await ada.online();
  const burst = addMany(ada, 120).catch(() => undefined);
  await ada.sees('Burst 20');
  await stack.killServer();
  const acknowledged = await acknowledgedTexts(ada);
  const written = await ada.texts();
  await ada.close();
  await burst;
  expect(acknowledged.length).toBeGreaterThan(0);

  await stack.startServer();
  const grace = await stack.signIn('Grace');
  await grace.online();
  await expect.poll(() => missing(grace, acknowledged), { timeout: 15_000 }).toEqual([]);
  report(`kill -9 after ${written.length} writes, ${acknowledged.length} acknowledged: all of those survived`);
});

test('clients reconnect by themselves and get only what they missed', async () => {
  const [ada, grace] = await Promise.all([stack.signIn('Ada'), stack.signIn('Grace')]);
  await Promise.all([ada.online(), grace.online()]);
  await ada.add('Before the crash', 'public');
  await grace.sees('Before the crash');
  await Promise.all([ada.sent(), grace.sent()]);

  const received: string[] = [];
  grace.page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => received.push(String(payload))));
  await stack.killServer();
  await grace.page.locator('.pill.connecting').waitFor();
  await ada.add('While the server was dead', 'public');
  await ada.page.locator('.pill', { hasText: '1 waiting' }).waitFor();
  await ada.screenshot('server-dead');

  await stack.startServer();
  await grace.sees('While the server was dead', 30_000);
  await ada.sent();
  expect((await grace.texts()).toSorted()).toEqual(['Before the crash', 'While the server was dead']);
  expect(received.join('\n')).toContain('While the server was dead');
  expect(received.join('\n')).not.toContain('Before the crash');
});

/** Submits the form again and again inside the page, as fast as it takes them. */
function addMany(person: Person, count: number): Promise<void> {
  return person.page.evaluate(async (total) => {
    const form = document.querySelector<HTMLFormElement>('.composer')!;
    const [, publicChoice] = form.querySelectorAll<HTMLInputElement>('input[type=radio]');
    publicChoice!.click();
    const field = form.querySelector<HTMLInputElement>('.composer-text')!;
    const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!;
    for (let number = 0; number < total; number += 1) {
      setValue.call(field, `Burst ${number}`);
      field.dispatchEvent(new Event('input', { bubbles: true }));
      await new Promise((resolve) => requestAnimationFrame(resolve));
      form.requestSubmit();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }, count);
}

/** The todos that this page no longer marks as "not sent yet". */
function acknowledgedTexts(person: Person): Promise<string[]> {
  return person.page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('li.todo')]
      .filter((row) => !row.querySelector('.not-sent'))
      .map((row) => row.querySelector('.todo-text')!.textContent ?? ''),
  );
}

async function missing(person: Person, texts: readonly string[]): Promise<string[]> {
  const there = new Set(await person.texts());
  return texts.filter((text) => !there.has(text));
}
