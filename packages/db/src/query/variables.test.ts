import { expect, test } from 'vitest';
import {
  getVariableComponents,
  isValueVariable,
  resolveVariable,
  safeIncrementSubqueryVar,
  varScopeType,
} from './variables.ts';

test.each([
  ['$token.x', ['$session', 'x'], 'static'],
  ['$session.a.b', ['$session', 'a', 'b'], 'static'],
  ['$global.x', ['$global', 'x'], 'static'],
  ['$query.x', ['$query', 'x'], 'static'],
  ['$role.x', ['$role', 'x'], 'static'],
  ['$prev.x', ['$prev', 'x'], 'static'],
  ['$1.a.b', [1, 'a', 'b'], 'relational'],
  ['$0.id', [0, 'id'], 'relational'],
  ['$foo', [undefined, 'foo'], undefined],
  ['$foo.bar', [undefined, 'foo', 'bar'], undefined],
])('%s has components and a kind of scope', (variable, components, type) => {
  expect(getVariableComponents(variable)).toEqual(components);
  for (const form of [variable, getVariableComponents(variable), getVariableComponents(variable)[0]])
    expect(varScopeType(form)).toBe(type);
});

test('texts with one leading dollar sign are variables', () => {
  expect(['$a', '$1.x', '$$a', 'a', 1, null].map(isValueVariable)).toEqual([true, true, false, false, false, false]);
});

test('relational variables alone are incremented', () => {
  expect(safeIncrementSubqueryVar('$1.a.b')).toBe('$2.a.b');
  expect(safeIncrementSubqueryVar('$0.a', 3)).toBe('$3.a');
  expect(safeIncrementSubqueryVar('$session.a')).toBe('$session.a');
  expect(safeIncrementSubqueryVar('$a')).toBe('$a');
  expect(safeIncrementSubqueryVar(5)).toBe(5);
});

test('variables are resolved in their scope', () => {
  const scopes = { $session: { city: { id: 'c1' } } };
  expect(resolveVariable('$token.city.id', scopes)).toBe('c1');
  expect(resolveVariable('$token.city.none.x', scopes)).toBeUndefined();
  expect(resolveVariable('$global.x', scopes)).toBeUndefined();
  expect(resolveVariable('$2.a.b', scopes, [{ a: { b: 1 } }, { a: 2 }])).toBe(1);
  expect(() => resolveVariable('$3.a', scopes, [{}, {}])).toThrow(
    'Variable reference is out of bounds. Tried to find $3.a in stack of size 2',
  );
});
