import { expect, test } from 'vitest';
import { Schema as S } from './builder.ts';
import type { RecordType } from './data-type.ts';
import { compileMemberPruner } from './removed-members.ts';

const type = S.Schema({
  id: S.Id(),
  tags: S.Set(S.String()),
  inner: S.Optional(S.Record({ numbers: S.Set(S.Number()), flag: S.Boolean() })),
  data: S.Optional(S.Json()),
}) as unknown as RecordType;
const prune = compileMemberPruner(type)!;

test('takes removed members out of sets at any depth, and leaves everything else alone', () => {
  expect(
    prune({ id: '1', tags: { a: true, b: false }, inner: { numbers: { 1: false }, flag: false }, data: { x: false } }),
  ).toEqual({ id: '1', tags: { a: true }, inner: { numbers: {}, flag: false }, data: { x: false } });
});

test('a row without removed members stays the same object', () => {
  const row = { id: '1', tags: { a: true }, inner: null };
  expect(prune(row)).toBe(row);
});

test('what was stored before is not looked at again, at any depth', () => {
  const stored = { id: '1', tags: { a: false }, inner: { numbers: { 1: false }, flag: false } };
  const flagged = { ...stored, inner: { ...stored.inner, flag: true } };
  expect(prune(flagged, stored)).toBe(flagged);
  const retagged = { ...flagged, tags: { a: false, b: true } };
  expect(prune(retagged, stored)).toEqual({ ...flagged, tags: { b: true } });
  expect(prune(flagged, { id: '1', tags: null, inner: 'text' })).toEqual({
    id: '1',
    tags: {},
    inner: { numbers: {}, flag: true },
  });
});

test('a type without sets needs no pruning', () => {
  expect(compileMemberPruner(S.Schema({ id: S.Id(), data: S.Json() }) as unknown as RecordType)).toBeUndefined();
});
