import { describe, expect, it, test } from 'vitest';
import { compileProjection } from './project.ts';

const entity = { id: '1', name: 'x', gone: null, rec: { a: 1, b: { c: 2, d: null } }, list: [10, 20], n: 5 };

describe('a selection', () => {
  test.each<[string[], unknown]>([
    [['id', 'name'], { id: '1', name: 'x' }],
    [[], {}],
    [['rec.a'], { rec: { a: 1 } }],
    [['rec.a', 'rec.b.c'], { rec: { a: 1, b: { c: 2 } } }],
    [['rec.b.c', 'rec.b'], { rec: { b: { c: 2, d: null } } }],
    [['rec.b', 'rec.b.c'], { rec: { b: { c: 2, d: null } } }],
    [['gone', 'rec.b.d'], { gone: null, rec: { b: { d: null } } }],
    [['gone.x'], { gone: null }],
    [['list.1'], { list: { 1: 20 } }],
    [['toString', 'missing.x', 'n.x'], {}],
  ])('of %j', (select, expected) => {
    expect(compileProjection(select, true)(entity)).toStrictEqual(expected);
  });

  it('has the keys of absent attributes without a schema', () => {
    expect(compileProjection(['id', 'missing', 'rec.missing', 'other.x'], false)(entity)).toStrictEqual({
      id: '1',
      missing: undefined,
      rec: { missing: undefined },
      other: { x: undefined },
    });
  });
});
