import { expect, test } from 'vitest';
import type { PreparedQuery } from '../ast/query.ts';
import type { Row } from '../changes/types.ts';
import { EntityStore } from '../entities/entity-store.ts';
import { MemoryEngine } from '../storage/memory/memory-engine.ts';
import { childrenByLink, linkOf, linkValues, linksOf, parentsByLink } from './links.ts';
import { PlanCompiler } from './plan.ts';
import type { ExistsCondition, StatementCondition } from './plan.ts';

/** The condition on parents that a child with these conditions exists. */
function existsOf(...where: unknown[]): ExistsCondition {
  const query = { collectionName: 'parents', where: [{ exists: { collectionName: 'children', where } }] };
  return new PlanCompiler(() => undefined).compile(query as PreparedQuery).conditions[0] as ExistsCondition;
}

/** Both sides have the same attributes; an id may be a key, or a member, of the other side. */
const rows: Row[] = [
  { id: 'a', key: 'b', keys: { a: true, c: false }, number: 1, numbers: { 1: true, 2: true } },
  { id: 'b', key: 'b', keys: { a: true, b: true }, number: 2, numbers: { 2: true }, flag: true, flags: { true: true } },
  { id: 'c', key: 'x', keys: {}, number: 3, numbers: { 1: false }, flag: false, flags: { false: true, true: false } },
  { id: 'd', key: null, keys: null, number: null },
  { id: 'e', key: 'null', keys: { null: true, undefined: true } },
];

async function filled(): Promise<EntityStore> {
  const engine = new MemoryEngine();
  const store = new EntityStore(engine);
  const changes = ['parents', 'children'].flatMap((collection) =>
    rows.map((row) => ({ collection, id: row['id'] as string, prev: undefined, next: row })),
  );
  await store.write(changes);
  return store;
}

test.each([
  ['key', '=', 'key'],
  ['id', '=', 'key'],
  ['key', '=', 'id'],
  ['number', '=', 'number'],
  ['flag', '=', 'flag'],
  ['key', 'in', 'keys'],
  ['id', 'in', 'keys'],
  ['number', 'in', 'numbers'],
  ['flag', 'in', 'flags'],
  ['keys', 'SET_has', 'key'],
  ['keys', 'SET_has', 'id'],
  ['keys', 'SET_=', 'key'],
  ['numbers', 'SET_has', 'number'],
  ['flags', 'SET_=', 'flag'],
])('parents and children with %s %s $1.%s find each other', async (childPath, operator, parentPath) => {
  const store = await filled();
  const exists = existsOf([childPath, operator, `$1.${parentPath}`]);
  const { test: isTied } = exists.subquery.plan.conditions[0] as StatementCondition;
  const link = linkOf(exists)!;
  const areTied = (parent: Row, child: Row) => parent[parentPath] != null && isTied(child, parent[parentPath]);
  const parents = rows.map((child) => new Set(rows.filter((parent) => areTied(parent, child))));
  const children = rows.map((parent) => new Set(rows.filter((child) => areTied(parent, child))));
  expect(parents.some(({ size }) => size > 0)).toBe(true);
  expect(linkValues(link, {} as Row)).toEqual([]);
  for (const _use of ['read', 'by index']) {
    expect(
      rows.map(
        (child) =>
          new Set(linkValues(link, child).flatMap((value) => [...parentsByLink(link, value, 'parents', store)])),
      ),
    ).toEqual(parents);
    expect(rows.map((parent) => new Set([...childrenByLink(link, parent, 'children', store)!]))).toEqual(children);
  }
});

test('by a value with parts parents are found, and children cannot be', async () => {
  const store = await filled();
  const link = linkOf(existsOf(['keys', '=', '$1.keys']))!;
  expect([...parentsByLink(link, rows[0]!['keys'], 'parents', store)]).toEqual([rows[0]]);
  for (const operator of ['=', 'SET_has']) {
    const byKeys = linkOf(existsOf(['key', operator, '$1.keys']))!;
    expect(childrenByLink(byKeys, rows[0]!, 'children', store)).toBeUndefined();
  }
});

test('links are the equalities with the row next above, and no other conditions', () => {
  const exists = existsOf(
    true,
    ['key', '=', 'a'],
    ['key', '=', '$0.id'],
    ['key', '=', '$2.id'],
    ['key', '=', '$prev.id'],
    ['key', '>', '$1.id'],
    ['key', 'has', '$1.id'],
    { mod: 'or', filters: [['key', '=', '$1.id']] },
    ['key', '=', '$1.key'],
    ['number', 'in', '$1.numbers'],
  );
  expect(linksOf(exists).map(({ childPath, kind, parentPath }) => [childPath, kind, parentPath])).toEqual([
    ['key', 'value', 'key'],
    ['number', 'member-of-parent', 'numbers'],
  ]);
  expect(linkOf(existsOf(['key', '=', 'a']))).toBeUndefined();
});
