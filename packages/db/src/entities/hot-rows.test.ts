import { expect, test } from 'vitest';
import { Cell } from '../storage/cell.ts';
import { HotRows } from './hot-rows.ts';

const row = (id: string) => ({ id });

test('remembers rows and the absence of rows', () => {
  const hot = new HotRows(1000);
  const rows = hot.of('todos');
  expect(rows.get('a')).toBeUndefined();
  hot.remember(rows, 'a', row('a'));
  hot.remember(rows, 'b', undefined);
  expect(rows.get('a')).toEqual({ id: 'a' });
  expect(rows.get('b')).toBeNull();
  expect(hot.of('lists').size).toBe(0);
  expect(hot.of('todos')).toBe(rows);
});

test('follows writes of what it remembers, and of nothing else', () => {
  const hot = new HotRows(1000);
  const rows = hot.of('todos');
  hot.remember(rows, 'a', row('a'));
  hot.follow('todos', 'a', undefined, -1);
  hot.follow('todos', 'c', row('c'), 1);
  expect(rows.get('a')).toBeNull();
  expect(rows.get('c')).toBeUndefined();
  expect(rows.count).toBeUndefined();
});

test('knows a collection completely that was empty at first', () => {
  const hot = new HotRows(1000);
  const rows = hot.of('todos');
  rows.complete = true;
  rows.count = 0;
  hot.follow('todos', 'a', row('a'), 1);
  hot.follow('todos', 'b', row('b'), 1);
  hot.follow('todos', 'a', undefined, -1);
  expect(rows.get('a')).toBeUndefined();
  expect(rows.get('b')).toEqual({ id: 'b' });
  expect(rows.count).toBe(1);
});

test('forgets rows, completeness too, when there are too many, and knows their number still', () => {
  const hot = new HotRows(1000);
  const rows = hot.of('todos');
  rows.complete = true;
  rows.count = 0;
  for (let index = 0; index <= 1000; index++) hot.follow('todos', `t${index}`, row(`t${index}`), 1);
  expect(hot.of('todos').get('t5')).toBeUndefined();
  expect(rows.complete).toBe(false);
  expect(rows.count).toBe(1001);
});

test('without a limit the absence of rows is not remembered, since anything may be looked for', () => {
  const hot = new HotRows(Infinity);
  const rows = hot.of('todos');
  hot.remember(rows, 'a', row('a'));
  hot.remember(rows, 'b', undefined);
  hot.follow('todos', 'a', undefined, -1);
  expect([...rows.keys()]).toEqual([]);
});

test('leaves to storage what is in a cell, until the row is gone', () => {
  const hot = new HotRows(1000);
  const rows = hot.of('todos');
  const cell = new Cell(row('a'));
  hot.remember(rows, 'a', cell);
  hot.follow('todos', 'a', row('a'), 0);
  expect(rows.get('a')).toBe(cell);
  hot.follow('todos', 'a', undefined, -1);
  expect(rows.get('a')).toBeNull();
});
