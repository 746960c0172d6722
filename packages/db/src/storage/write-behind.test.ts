import { describe, expect, test } from 'vitest';
import { WriteBehind } from './write-behind.ts';

/** A store whose commits finish when the test says so. */
function slowStore(options?: { retries: boolean }) {
  const commits: { edits: Record<string, number>; finish: (error?: Error) => void }[] = [];
  const writes = new WriteBehind<number>(
    (edits) =>
      new Promise((resolve, reject) => {
        commits.push({ edits: Object.fromEntries(edits), finish: (error) => (error ? reject(error) : resolve()) });
      }),
    options,
  );
  const write = (key: string, value: number): Promise<void> => {
    const batch = writes.open();
    batch.edits.set(key, value);
    return batch.promise;
  };
  return { commits, writes, write };
}
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test('what is written during a commit travels together in the next', async () => {
  const { commits, write, writes } = slowStore();
  const first = [write('a', 1), write('b', 1)];
  await turn();
  const second = [write('a', 2), write('a', 3)];
  await turn();
  second.push(write('c', 4));
  expect(commits.map(({ edits }) => edits)).toEqual([{ a: 1, b: 1 }]);
  commits[0]!.finish();
  await Promise.all(first);
  await turn();
  expect(commits[1]!.edits).toEqual({ a: 3, c: 4 });
  const flushed = writes.flush();
  commits[1]!.finish();
  await Promise.all([...second, flushed]);
});

describe('after a failure', () => {
  test('nothing is written any more', async () => {
    const { commits, write, writes } = slowStore();
    const first = write('a', 1);
    await turn();
    const second = write('b', 1);
    commits[0]!.finish(new Error('disk full'));
    await expect(first).rejects.toThrow(/disk full/);
    await expect(second).rejects.toThrow(/disk full/);
    await expect(writes.flush()).rejects.toThrow(/disk full/);
    expect(writes.refusal?.message).toMatch(/disk full.*open the database again/);
    expect(commits).toHaveLength(1);
  });

  test('a store that may recover gets the edits again, before the new ones', async () => {
    const { commits, write, writes } = slowStore({ retries: true });
    const first = Promise.all([write('a', 1), write('b', 1)]);
    await turn();
    commits[0]!.finish(new Error('quota exceeded'));
    await expect(first).rejects.toThrow(/quota exceeded.*tried again with the next write/);
    expect(writes.refusal).toBeUndefined();
    const second = write('b', 2);
    await turn();
    expect(commits[1]!.edits).toEqual({ a: 1, b: 2 });
    commits[1]!.finish();
    await second;
    const third = write('c', 3);
    await turn();
    expect(commits[2]!.edits).toEqual({ c: 3 });
    commits[2]!.finish();
    await third;
  });

  test('flush tries again as well', async () => {
    const { commits, write, writes } = slowStore({ retries: true });
    const first = write('a', 1);
    await turn();
    commits[0]!.finish(new Error('quota exceeded'));
    await expect(first).rejects.toThrow(/quota/);
    const flushed = writes.flush();
    await turn();
    expect(commits[1]!.edits).toEqual({ a: 1 });
    commits[1]!.finish();
    await flushed;
  });
});
