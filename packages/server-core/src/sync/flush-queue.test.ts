import { expect, it } from 'vitest';
import { FlushQueue } from './flush-queue.ts';

it('flushes every member once per turn, however often it asked', () => {
  const tasks: (() => void)[] = [];
  const queue = new FlushQueue((task) => void tasks.push(task));
  const flushed: string[] = [];
  const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ flush: () => void flushed.push(name) }));
  for (const member of [a!, b!, a!, c!]) queue.add(member);
  queue.delete(c!);
  expect([tasks.length, flushed]).toEqual([1, []]);
  tasks[0]!();
  expect(flushed).toEqual(['a', 'b']);
});

it('takes up members that ask again while it flushes in the next turn', () => {
  const tasks: (() => void)[] = [];
  const queue = new FlushQueue((task) => void tasks.push(task));
  let count = 0;
  const member = {
    flush: () => {
      count += 1;
      if (count === 1) queue.add(member);
    },
  };
  queue.add(member);
  tasks[0]!();
  expect([count, tasks.length]).toEqual([1, 2]);
  tasks[1]!();
  expect(count).toBe(2);
});
