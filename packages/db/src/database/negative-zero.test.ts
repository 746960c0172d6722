/** A negative zero is stored as zero, so that a database in memory holds what a durable one gives back. */
import { expect, test } from 'vitest';
import { Schema as S } from '../schema/builder.ts';
import { DB } from './database.ts';

const isPlainZero = (value: unknown): boolean => Object.is(value, 0);

test('in a number attribute, however it is written', async () => {
  const db = new DB({ schema: { collections: { points: { schema: S.Schema({ id: S.Id(), x: S.Number() }) } } } });
  expect(isPlainZero((await db.insert('points', { id: 'p', x: -0 })).x)).toBe(true);
  expect(isPlainZero((await db.fetchById('points', 'p'))!.x)).toBe(true);
  await db.update('points', 'p', { x: 1 });
  await db.update('points', 'p', { x: -0 });
  expect(isPlainZero((await db.fetchById('points', 'p'))!.x)).toBe(true);
  await db.update('points', 'p', (point) => void (point.x = 1));
  await db.update('points', 'p', (point) => void (point.x = -0));
  expect(isPlainZero((await db.fetchById('points', 'p'))!.x)).toBe(true);
});

test('without a schema, at any depth', async () => {
  const db = new DB();
  await db.insert('points', { id: 'p', x: -0, in: { list: [-0] } });
  await db.update('points', 'p', { y: -0 });
  const point = (await db.fetchById('points', 'p')) as { x: number; y: number; in: { list: number[] } };
  expect([point.x, point.y, point.in.list[0]].every(isPlainZero)).toBe(true);
});
