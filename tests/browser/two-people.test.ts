/** Two people in two browsers: what one makes public the other sees live, and neither can change the other's. */
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

test('what Ada makes public appears at Grace live, what she keeps private never does', async () => {
  await ada.add('Keep the diary locked', 'private');
  await ada.add('Publish note G', 'public');
  await grace.sees('Publish note G');
  await expect.poll(() => grace.todo('Publish note G').locator('.todo-owner').innerText()).toBe('Ada Lovelace');

  await ada.sent();
  expect(await ada.texts()).toEqual(['Publish note G', 'Keep the diary locked']);
  expect(await grace.texts()).toEqual(['Publish note G']);
  const kept = await everythingOnDisk(grace);
  expect(kept).toContain('Publish note G');
  expect(kept).not.toContain('Keep the diary locked');
  await Promise.all([ada.screenshot('two-people-ada'), grace.screenshot('two-people-grace')]);
});

test('edits, ticks and deletions travel as well', async () => {
  await ada.add('Compute Bernoulli numbers', 'public');
  await grace.sees('Compute Bernoulli numbers');
  await ada.rename('Compute Bernoulli numbers', 'Compute all Bernoulli numbers');
  await grace.sees('Compute all Bernoulli numbers');
  await ada.setDone('Compute all Bernoulli numbers');
  await grace.page.locator('li.todo.done', { hasText: 'Compute all Bernoulli numbers' }).waitFor();
  await ada.delete('Compute all Bernoulli numbers');
  await grace.seesNoMore('Compute all Bernoulli numbers');
});

test('a todo that becomes private again disappears at the other', async () => {
  await ada.add('Draft of a letter', 'private');
  await ada.makeIt('Draft of a letter', 'public');
  await grace.sees('Draft of a letter');
  await ada.makeIt('Draft of a letter', 'private');
  await grace.seesNoMore('Draft of a letter');
  await ada.sees('Draft of a letter');
});

for (const attempt of [/^Rename/, /^Mark/, /^Delete/]) {
  test(`Grace tries to break the rules (${attempt.source.slice(1)}): the server refuses, her view goes back, she is told`, async () => {
    const text = `Ada's own, tried by ${attempt.source.slice(1)}`;
    await ada.add(text, 'public');
    await grace.sees(text);
    await grace.breakTheRules(text, attempt);

    const toast = grace.page.locator('.toast').last();
    await toast.waitFor();
    expect(await toast.innerText()).toContain('The server refused that change');
    await expect.poll(() => grace.texts()).toContain(text);
    expect(await grace.todo(text).getAttribute('class')).not.toContain('done');
    await grace.screenshot(`refused-${attempt.source.slice(1).toLowerCase()}`);
    await toast.getByRole('button', { name: 'Dismiss' }).click();

    await grace.sent();
    expect(await ada.texts()).toContain(text);
  });
}

test('after a refusal the next change of one’s own goes through', async () => {
  await grace.add('Find the moth', 'public');
  await ada.sees('Find the moth');
  await grace.sent();
});

/** Everything that this browser keeps on disk: a private row must not even be there. */
function everythingOnDisk(person: Person): Promise<string> {
  return person.page.evaluate(async () => {
    const kept: unknown[] = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name!);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      for (const store of database.objectStoreNames) {
        const rows = database.transaction(store).objectStore(store).getAll();
        kept.push(await new Promise((resolve) => (rows.onsuccess = () => resolve(rows.result))));
      }
      database.close();
    }
    return JSON.stringify(kept);
  });
}
