import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { InvalidFilterError } from '../base/errors.ts';
import type { DataType } from '../schema/data-type.ts';
import { compilePath, compileStatement, satisfiesFilters, valueAtPath } from './evaluate.ts';

const string: DataType = { type: 'string' };
const stringSet: DataType = { type: 'set', items: { type: 'string' } };
const numberSet: DataType = { type: 'set', items: { type: 'number' } };
const booleanSet: DataType = { type: 'set', items: { type: 'boolean' } };
const dateSet: DataType = { type: 'set', items: { type: 'date' } };
const [day, nextDay] = ['2024-01-01T00:00:00.000Z', '2024-01-02T00:00:00.000Z'];

const holds = (value: unknown, operator: string, operand: unknown, type?: DataType): boolean =>
  compileStatement('a', operator, type)({ a: value }, operand);

describe('a statement', () => {
  it('compares the value at a path with an operand', () => {
    const isAdult = compileStatement('person.age', '>=', { type: 'number' });
    expect(isAdult({ person: { age: 18 } }, 18)).toBe(true);
    expect(isAdult({ person: { age: 17 } }, 18)).toBe(false);
  });

  test.each<[operator: string, bothEmpty: boolean, valueEmpty: boolean, operandEmpty: boolean]>([
    ['=', true, false, false],
    ['!=', false, true, true],
    ['>', false, false, true],
    ['>=', true, false, true],
    ['<', false, true, false],
    ['<=', true, true, false],
    ['like', false, false, false],
    ['nlike', true, true, true],
    ['in', false, false, false],
    ['nin', true, true, true],
  ])('with %s treats null and undefined alike, below everything', (operator, bothEmpty, valueEmpty, operandEmpty) => {
    const operand = operator.endsWith('in') ? ['x'] : 'x';
    for (const empty of [null, undefined]) {
      for (const other of [null, undefined]) expect(holds(empty, operator, other)).toBe(bothEmpty);
      expect(holds(empty, operator, operand)).toBe(valueEmpty);
      expect(holds('x', operator, empty)).toBe(operandEmpty);
    }
    expect(compileStatement('missing', operator, string)({}, operand)).toBe(valueEmpty);
  });

  const rows = ['a', 'b', 'c', 'd', null];
  test.each<[string, unknown, unknown[]]>([
    ['>', 'b', ['c', 'd']],
    ['>=', null, ['a', 'b', 'c', 'd', null]],
    ['<=', null, [null]],
    ['<', 'c', ['a', 'b', null]],
    ['!=', 'b', ['a', 'c', 'd', null]],
    ['in', [], []],
    ['in', ['b', null], ['b']],
    ['nin', ['b'], ['a', 'c', 'd', null]],
    ['nin', ['b', null], ['a', 'c', 'd', null]],
    ['nin', [], ['a', 'b', 'c', 'd', null]],
    ['isDefined', true, ['a', 'b', 'c', 'd']],
    ['isDefined', false, [null]],
  ])('%s %j selects %j', (operator, operand, expected) => {
    expect(rows.filter((value) => holds(value, operator, operand))).toEqual(expected);
  });

  it('never coerces', () => {
    expect(holds(2, '=', '2')).toBe(false);
    expect(holds('x', '>', 2)).toBe(true);
    expect(holds(true, '>', 2)).toBe(true);
    expect(holds(10, '>', '9')).toBe(false);
    expect(holds(2, 'in', ['2'])).toBe(false);
    expect(holds(['a'], 'in', { a: true })).toBe(false);
    expect(holds(null, 'like', '%')).toBe(false);
    expect(holds('null', 'like', null)).toBe(false);
    expect(holds(null, 'nlike', '%')).toBe(true);
    expect(holds('null', 'nlike', null)).toBe(true);
    expect(holds('2020-01-01T00:00:00.000Z', '=', '2020-01-01')).toBe(false);
    expect(holds('2020-01-01T00:00:00.000Z', '>', '2019')).toBe(true);
    expect(holds('2020-01-01T00:00:00.000Z', '>', 9e15)).toBe(true);
  });

  it('agrees with JavaScript on scalars of one type', () => {
    const pair = fc.oneof(
      fc.tuple(fc.string(), fc.string()),
      fc.tuple(fc.double({ noNaN: true }), fc.double({ noNaN: true })),
      fc.tuple(fc.boolean(), fc.boolean()),
    );
    fc.assert(
      fc.property(pair, ([a, b]) => {
        expect(['=', '!=', '<', '<=', '>', '>='].map((operator) => holds(a, operator, b))).toEqual([
          a === b,
          a !== b,
          a < b,
          a <= b,
          a > b,
          a >= b,
        ]);
      }),
    );
  });

  it('finds that NaN is NaN', () => {
    expect(holds(NaN, '=', NaN)).toBe(true);
    expect(holds(NaN, '!=', NaN)).toBe(false);
  });

  it('orders a list as an array, however it is given', () => {
    for (const list of [[2], new Set([2])]) {
      expect([[1], [2], [2, 1]].map((value) => holds(value, '>', list))).toEqual([false, false, true]);
      expect([[1], [2], [2, 1]].map((value) => holds(value, '<=', list))).toEqual([true, true, false]);
    }
  });

  it('compares a Date by its ISO text', () => {
    expect(holds('2020-01-01T00:00:00.000Z', '=', new Date('2020-01-01'))).toBe(true);
  });

  it('compares objects deeply, and never equals a list', () => {
    expect(holds({ a: 1, b: [1] }, '=', { b: [1], a: 1 })).toBe(true);
    expect(holds({}, '=', new Set())).toBe(false);
    expect(holds([1], '=', new Set([1]))).toBe(false);
  });

  it('reports an unknown operator when a row is examined', () => {
    const statement = compileStatement('a', 'resembles', undefined);
    expect(() => statement({ a: 1 }, 1)).toThrow(InvalidFilterError);
    expect(() => statement({ a: 1 }, 1)).toThrow('The operator resembles is not recognized.');
  });
});

describe('in', () => {
  const long = Array.from({ length: 50 }, (_, index) => index);
  test.each<[unknown, unknown, boolean]>([
    ['a', ['a'], true],
    ['a', new Set(['a']), true],
    ['a', { a: true }, true],
    ['a', { a: false }, false],
    ['b', { a: true }, false],
    [5, { 5: true }, true],
    [49, long, true],
    [50, long, false],
    ['constructor', {}, false],
  ])('%j in %j is %j', (value, list, expected) => {
    expect(holds(value, 'in', list)).toBe(expected);
    expect(holds(value, 'nin', list)).toBe(!expected);
  });

  it('is false for what is no list', () => {
    expect(holds('a', 'in', 'abc')).toBe(false);
    expect(holds('a', 'nin', 'abc')).toBe(false);
  });

  it('sees each list anew', () => {
    const statement = compileStatement('a', 'in', undefined);
    expect(statement({ a: 3 }, long)).toBe(true);
    expect(statement({ a: 3 }, long.slice(4))).toBe(false);
  });
});

describe('like', () => {
  test.each<[string, unknown, boolean]>([
    ['hello%', 'Hello World', true],
    ['ello', 'hello', false],
    ['%ello', 'Hello', true],
    ['%', '', true],
    ['_', '', false],
    ['', '', true],
    ['h_llo', 'HALLO', true],
    ['h_llo', 'hllo', false],
    ['%a%b%', 'xxaxxbxx', true],
    ['%a%b%', 'xxbxxaxx', false],
    ['ab%ba', 'aba', false],
    ['_%_', 'a', false],
    ['_%_', 'ab', true],
    ['%_c', 'abc', true],
    ['a.c', 'abc', false],
    ['a.c*+$^(\\', 'A.C*+$^(\\', true],
    ["it's %", "It's 5$ - ok", true],
    ['a%c', 'a\nb\nc', true],
    ['_', '😀', true],
    ['__', '😀', false],
    ['_', 'İ', true],
    ['οδοσ', 'ΟΔΟΣ', true],
    ['1%', 123, true],
    ['%', 'ends%', true],
    ['%b', `${'a'.repeat(2_000)}b`, true],
    ['%"b"]', ['a'.repeat(2_000), 'b'], true],
  ])('%j matches %j: %j', (pattern, text, expected) => {
    expect(holds(text, 'like', pattern)).toBe(expected);
    expect(holds(text, 'nlike', pattern)).toBe(!expected);
  });

  it('agrees with a regular expression on any pattern', () => {
    const letters = fc.constantFrom('a', 'B', 'é', '%', '_', '.', 'x');
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 8 }), fc.array(letters, { maxLength: 12 }), (pattern, text) => {
        const source = pattern.map((part) => (part === '%' ? '.*' : part === '_' ? '.' : part === '.' ? '\\.' : part));
        const expected = new RegExp(`^${source.join('')}$`, 'isu').test(text.join(''));
        expect(holds(text.join(''), 'like', pattern.join(''))).toBe(expected);
      }),
    );
  });

  it('does not take long over a hostile pattern', () => {
    const started = performance.now();
    expect(holds('a'.repeat(5_000), 'like', `${'%a_'.repeat(30)}b`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('a set', () => {
  test.each<[string, unknown, unknown, boolean, DataType]>([
    ['has', { a: true, b: false }, 'a', true, stringSet],
    ['has', { a: true, b: false }, 'b', false, stringSet],
    ['=', { a: true }, 'a', true, stringSet],
    ['!has', { a: true }, 'a', false, stringSet],
    ['!has', { a: true }, 'b', true, stringSet],
    ['!has', {}, 'a', true, stringSet],
    ['!has', undefined, 'a', true, stringSet],
    ['has', null, 'a', false, stringSet],
    ['has', { a: true }, null, false, stringSet],
    ['has', { a: true }, { a: true }, false, stringSet],
    ['has', { a: true }, new Set(['a']), false, stringSet],
    ['!has', { a: true }, new Set(['a']), true, stringSet],
    ['=', null, null, false, stringSet],
    ['!has', { a: true }, null, true, stringSet],
    ['has', { a: true }, ['a'], false, stringSet],
    ['has', { '[object Object]': true }, { toString: 1 }, false, stringSet],
    ['has', ['a', null], 'a', true, stringSet],
    ['has', ['a', null], null, false, stringSet],
    ['!has', ['a'], 'a', false, stringSet],
    ['in', ['a', 'b'], ['b', 'c'], true, stringSet],
    ['in', ['a', 'b'], ['c'], false, stringSet],
    ['>', [1, 20], 9, true, numberSet],
    ['isDefined', {}, true, true, stringSet],
    ['isDefined', null, true, false, stringSet],
    ['isDefined', undefined, false, true, stringSet],
    ['!=', { a: true }, 'a', false, stringSet],
    ['!=', { a: true, b: true }, 'a', true, stringSet],
    ['!=', {}, 'a', false, stringSet],
    ['!=', undefined, 'a', false, stringSet],
    ['in', { a: true, x: true }, ['a', 'd'], true, stringSet],
    ['in', { a: false, x: true }, ['a', 'd'], false, stringSet],
    ['nin', { a: true }, ['a'], false, stringSet],
    ['nin', { a: true, b: true }, ['a'], true, stringSet],
    ['nin', {}, ['a'], false, stringSet],
    ['like', { apple: true }, 'app%', true, stringSet],
    ['has', { 5: true }, 5, true, numberSet],
    ['has', { 5: true }, '5', false, numberSet],
    ['in', { 5: true }, [5], true, numberSet],
    ['in', { 5: true }, new Set([6]), false, numberSet],
    ['>', { 10: true }, 9, true, numberSet],
    ['<', { 10: true }, 9, false, numberSet],
    ['has', { [day]: true }, new Date(day), true, dateSet],
    ['has', { [day]: true }, nextDay, false, dateSet],
    ['<', { [day]: true }, nextDay, true, dateSet],
    ['>', { [day]: true }, nextDay, false, dateSet],
    ['has', { true: true }, true, true, booleanSet],
    ['has', { true: true }, false, false, booleanSet],
    ['in', { false: true }, [true], false, booleanSet],
    ['!=', { false: true }, false, false, booleanSet],
  ])('%s: %j with %j is %j', (operator, set, operand, expected, type) => {
    expect(holds(set, `SET_${operator}`, operand, type)).toBe(expected);
    expect(holds(set, operator, operand, type)).toBe(expected);
  });

  it('reads members by the type of the operand when no schema tells', () => {
    expect(holds({ 10: true }, 'SET_>', 9)).toBe(true);
    expect(holds({ 10: true }, 'SET_in', new Set([10]))).toBe(true);
    expect(holds({ a: true }, 'SET_in', new Set(['a']))).toBe(true);
    expect(holds({ true: true }, 'SET_has', true)).toBe(true);
    expect(holds({ false: true }, 'SET_!=', false)).toBe(false);
  });

  it('reports an operator that it does not know', () => {
    const statement = compileStatement('a', 'resembles', stringSet);
    expect(() => statement({ a: { x: true } }, 'x')).toThrow('The operator SET_resembles is not recognized.');
  });

  it('refuses a scalar where a set is expected', () => {
    for (const operator of ['has', '!has', '=', '<', 'in']) {
      const examine = () => holds('scalar', `SET_${operator}`, 'a', stringSet);
      expect(examine).toThrow(InvalidFilterError);
      expect(examine).toThrow("A set was expected at 'a', but the stored value is scalar.");
    }
  });
});

describe('has without a set type', () => {
  test.each<[unknown, unknown, boolean]>([
    [['a', 2, { k: 1 }], 'a', true],
    [['a', 2, { k: 1 }], 2, true],
    [['a', 2, { k: 1 }], { k: 1 }, true],
    [['a'], 'b', false],
    [{ a: true, b: false }, 'a', true],
    [{ a: true, b: false }, 'b', false],
    ['abc', 'a', false],
    [null, 'a', false],
    [['a', null], null, false],
    [{ a: true }, ['a'], false],
    [{ a: true }, { toString: 1 }, false],
  ])('%j has %j: %j', (value, operand, expected) => {
    expect(holds(value, 'has', operand, { type: 'json' })).toBe(expected);
    expect(holds(value, 'has', operand)).toBe(expected);
    expect(holds(value, '!has', operand)).toBe(!expected);
  });
});

describe('a path', () => {
  const row = { a: { b: { c: [10, { d: 1 }] }, n: null }, s: 'text', __proto__x: 1 };
  test.each<[string, unknown]>([
    ['s', 'text'],
    ['a.b.c.0', 10],
    ['a.b.c.1.d', 1],
    ['a.n', null],
    ['a.n.x', undefined],
    ['a.n.x.y', undefined],
    ['a.missing.x', undefined],
    ['s.length', undefined],
    ['constructor', undefined],
    ['a.constructor', undefined],
    ['__proto__.x', undefined],
    ['a.b.c.map', undefined],
  ])('%s reads %j', (path, expected) => {
    expect(compilePath(path)(row)).toEqual(expected);
    expect(valueAtPath(row, path)).toEqual(expected);
  });

  it('can be named like something that every object has', () => {
    const stored = JSON.parse('{"__proto__":{"constructor":1},"toString":2}') as Record<string, unknown>;
    expect(compilePath('__proto__.constructor')(stored)).toBe(1);
    expect(compilePath('toString')(stored)).toBe(2);
  });
});

describe('filters on one row', () => {
  it('are joined by and; groups nest', () => {
    const filters = [{ mod: 'or', filters: [['a', '=', 1] as const, { mod: 'and', filters: [true] }] } as const];
    expect(satisfiesFilters({ a: 2 }, filters)).toBe(true);
    expect(satisfiesFilters({ a: 2 }, [['a', '=', 1], true])).toBe(false);
    expect(satisfiesFilters({ a: 2 }, [{ mod: 'and', filters: [true, ['a', '=', 1]] }])).toBe(false);
    expect(satisfiesFilters({ a: 2 }, [])).toBe(true);
    expect(satisfiesFilters({ tags: { x: true } }, [['tags', 'has', 'x']], () => stringSet)).toBe(true);
  });

  it('cannot ask for other rows', () => {
    const examine = () => satisfiesFilters({}, [{ exists: { collectionName: 'x' } }]);
    expect(examine).toThrow(InvalidFilterError);
    expect(examine).toThrow('An exists filter cannot be decided by looking at one row.');
  });
});
