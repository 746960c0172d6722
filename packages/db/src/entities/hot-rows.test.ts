import { expect, test } from 'vitest';
import { HotRows } from './hot-rows.ts';

const row = (id: string) => ({ id });

test('remembers rows and the absence of rows', () => {
  const hot = new HotRows();
  const rows = hot.of('todos', () => false);
  expect(rows.get('a')).toBeUndefined();
  hot.remember(rows, 'a', row('a'));
  hot.remember(rows, 'b', undefined);
  expect(rows.get('a')).toEqual({ id: 'a' });
  expect(rows.get('b')).toBeNull();
  expect(rows.complete).toBe(false);
});

test('follows writes of what it remembers, and of nothing else', () => {
  const hot = new HotRows();
  const rows = hot.of('todos', () => false);
  hot.remember(rows, 'a', row('a'));
  hot.follow('todos', 'a', undefined);
  hot.follow('todos', 'c', row('c'));
  expect(rows.get('a')).toBeNull();
  expect(rows.get('c')).toBeUndefined();
});

test('knows a collection completely that was empty at first', () => {
  const hot = new HotRows();
  const rows = hot.of('todos', () => true);
  hot.follow('todos', 'a', row('a'));
  hot.follow('todos', 'b', row('b'));
  hot.follow('todos', 'a', undefined);
  expect(rows.complete).toBe(true);
  expect(rows.get('a')).toBeUndefined();
  expect(rows.get('b')).toEqual({ id: 'b' });
});

test('forgets everything, completeness too, when there is too much', () => {
  const hot = new HotRows();
  hot.of('todos', () => true);
  for (let index = 0; index <= 100_000; index++) hot.follow('todos', `t${index}`, row(`t${index}`));
  const rows = hot.of('todos', () => false);
  expect(rows.get('t5')).toBeUndefined();
  expect(rows.complete).toBe(false);
});
