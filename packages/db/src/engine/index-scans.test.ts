import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rowsWithin } from '../entities/rows-within.ts';
import type { ValueBounds } from '../query/entity-source.ts';
import { compilePath, compileStatement } from '../query/evaluate.ts';
import { isWithinBounds } from '../query/value-bounds.ts';
import { intersectBounds, pointScans, pointValues, rangeBounds } from './index-scans.ts';
import { UNKNOWN_PARAMETER } from './parameters.ts';
import type { Operand, StatementCondition } from './plan.ts';

const constant = (value: unknown): Operand => ({ kind: 'constant', value });
const parameter = (correlated: boolean): Operand => ({ kind: 'parameter', index: 0, correlated });
const ofRow: Operand = { kind: 'row', path: 'other', read: compilePath('other') };

const statement = (operator: string, operand: Operand): StatementCondition => ({
  kind: 'statement',
  path: 'value',
  operator,
  operand,
  read: compilePath('value'),
  test: compileStatement('value', operator, undefined),
});

test('an equality is looked up as one value, a list as each of its values once', () => {
  const scansOf = (operator: string, value: unknown) =>
    pointScans(statement(operator, constant(value)), 'notes', pointValues(statement(operator, constant(value)), [])!);
  const scan = (kind: string, value: unknown) => ({
    collection: 'notes',
    path: 'value',
    kind,
    bounds: { gte: value, lte: value },
  });
  expect(scansOf('=', 'a')).toEqual([scan('value', 'a')]);
  expect(scansOf('=', undefined)).toEqual([scan('value', null)]);
  for (const list of [['a', 1, 'a'], new Set(['a', 1])])
    expect(scansOf('in', list)).toEqual([scan('value', 'a'), scan('value', 1)]);
  expect(scansOf('in', { a: true, 1: true, b: false })).toEqual([
    scan('value', '1'),
    scan('value', 1),
    scan('value', 'a'),
  ]);
  for (const operator of ['has', 'SET_has', 'SET_=']) expect(scansOf(operator, 1)).toEqual([scan('member', '1')]);
  expect(scansOf('SET_in', [1, '1', 'a'])).toEqual([scan('member', '1'), scan('member', 'a')]);
});

const scalar = fc.oneof(fc.constantFrom('', 'a', 'ab', 0, 1, NaN, true, false, null, undefined), fc.double());

test('law: equalities and ranges of plain values scan those rows that satisfy them, and no others', () => {
  const operator = fc.constantFrom('=', '>', '>=', '<', '<=', 'isDefined');
  fc.assert(
    fc.property(fc.array(scalar), operator, scalar, (values, name, operand) => {
      const condition = statement(name, constant(operand));
      const rows = values.map((value, index) => ({ id: `n${index}`, value }));
      const points = pointValues(condition, []);
      const scans =
        points === undefined
          ? [{ collection: '', path: 'value', kind: 'value' as const, bounds: rangeBounds(condition, [])! }]
          : pointScans(condition, '', points);
      const found = scans.flatMap((scan) => rowsWithin(rows, scan));
      expect(new Set(found)).toEqual(new Set(rows.filter((row) => condition.test(row, operand))));
    }),
  );
});

test('law: lists and members scan every row that satisfies them', () => {
  const member = fc.constantFrom('a', 'b', '1', 1, 'true', true);
  const set = fc.dictionary(fc.constantFrom('a', 'b', '1', 'true'), fc.boolean());
  const list = fc.oneof(fc.array(member), set);
  const cases = fc.oneof(
    fc.tuple(fc.constant('in'), fc.array(member), list),
    fc.tuple(fc.constant('has'), fc.array(list), member),
    fc.tuple(fc.constantFrom('SET_has', 'SET_='), fc.array(set), member),
    fc.tuple(fc.constant('SET_in'), fc.array(set), fc.array(member)),
  );
  fc.assert(
    fc.property(cases, ([operator, values, operand]) => {
      const condition = statement(operator, constant(operand));
      const rows = values.map((value, index) => ({ id: `n${index}`, value }));
      const scans = pointScans(condition, '', pointValues(condition, [])!);
      const found = scans.flatMap((scan) => rowsWithin(rows, scan));
      expect(found).toEqual(expect.arrayContaining(rows.filter((row) => condition.test(row, operand))));
    }),
  );
});

describe('no scan', () => {
  test.each([
    ['of another operator', statement('like', constant('a')), ['a']],
    ['by a value of the row itself', statement('=', ofRow), []],
    ['in the range of a value of the row itself', statement('<', ofRow), []],
    ['by a value of a parent that is not known', statement('=', parameter(true)), [UNKNOWN_PARAMETER]],
    ['in the range of a value that is not known', statement('<', parameter(true)), [UNKNOWN_PARAMETER]],
    ['in the range of a value with parts', statement('<', constant(['a'])), []],
  ])('%s', (_what, condition, parameters) => {
    expect([pointValues(condition, parameters), rangeBounds(condition, parameters)]).toEqual([undefined, undefined]);
  });
});

test('an empty reference to a parent names nobody; of the row before the change it is a value like others', () => {
  for (const empty of [null, undefined]) {
    expect(pointValues(statement('=', parameter(true)), [empty])).toEqual([]);
    expect(pointValues(statement('=', parameter(false)), [empty])).toEqual([null]);
    expect(pointValues(statement('=', constant(empty)), [])).toEqual([null]);
  }
  expect(pointValues(statement('=', parameter(true)), ['a'])).toEqual(['a']);
});

test('law: what is within the intersection is what is within both bounds', () => {
  const edges = [undefined, 1, 2, 'a'];
  const lowers = [{}, ...edges.flatMap((edge) => [{ gt: edge }, { gte: edge }])];
  const uppers = [{}, ...edges.flatMap((edge) => [{ lt: edge }, { lte: edge }])];
  const all: ValueBounds[] = lowers.flatMap((lower) => uppers.map((upper) => ({ ...lower, ...upper })));
  const values = [null, 0, 1, 1.5, 2, 3, '', 'a', 'b', true];
  for (const a of all) {
    for (const b of all) {
      const both = intersectBounds(a, b);
      expect(('gt' in both && 'gte' in both) || ('lt' in both && 'lte' in both)).toBe(false);
      const expected = values.filter((value) => isWithinBounds(value, a) && isWithinBounds(value, b));
      expect(values.filter((value) => isWithinBounds(value, both))).toEqual(expected);
    }
  }
});
