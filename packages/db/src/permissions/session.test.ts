import { describe, expect, it, test } from 'vitest';
import type { DBSchema } from '../schema/types.ts';
import {
  DEFAULT_ROLES,
  DBSession,
  getRolesFromSession,
  normalizeSessionVars,
  sessionRolesAreEquivalent,
} from './session.ts';

const schemaOf = (match: Record<string, unknown>): DBSchema => ({ collections: {}, roles: { role: { match } } });
const rolesOf = (match: Record<string, unknown>, claims: Record<string, unknown>) =>
  getRolesFromSession(schemaOf(match), claims);

describe('a role', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>, Record<string, unknown> | undefined]>([
    ['a literal', { type: 'x' }, { type: 'x', more: 1 }, {}],
    ['another literal', { type: 'x' }, { type: 'y' }, undefined],
    ['no coercion', { n: 1 }, { n: '1' }, undefined],
    ['a capture', { sub: '$userId' }, { sub: 'me' }, { userId: 'me' }],
    ['a capture of null', { sub: '$userId' }, { sub: null }, { userId: null }],
    ['a capture of a list', { groups: '$groups' }, { groups: ['a'] }, { groups: ['a'] }],
    ['a missing claim', { sub: '$userId' }, {}, undefined],
    ['an inherited name', { toString: '$x' }, {}, undefined],
    ['nesting', { user: { id: '$id', kind: 'a' } }, { user: { id: 1, kind: 'a' } }, { id: 1 }],
    [
      'nesting, of which one part differs',
      { user: { id: '$id', kind: 'a' } },
      { user: { id: 1, kind: 'b' } },
      undefined,
    ],
    ['null', { team: null }, { team: null }, {}],
    ['null where there is something', { team: null }, { team: {} }, undefined],
    ['nesting in a claim that is text', { user: { length: 2 } }, { user: 'me' }, undefined],
    ['nesting in a null claim', { user: { id: '$id' } }, { user: null }, undefined],
    ['a list by index', { groups: ['$first'] }, { groups: ['a', 'b'] }, { first: 'a' }],
    ['nothing', {}, {}, {}],
  ])('matches by %s', (_, match, claims, roleVars) => {
    expect(rolesOf(match, claims)).toEqual(roleVars === undefined ? [] : [{ key: 'role', roleVars }]);
  });

  it('is one of several that a session may have, in the order of the schema', () => {
    const roles = { a: { match: {} }, ...DEFAULT_ROLES };
    expect(getRolesFromSession({ collections: {}, roles }, { sub: 'me' })).toEqual([
      { key: 'a', roleVars: {} },
      { key: 'authenticated', roleVars: { sub: 'me' } },
    ]);
  });

  it('needs a schema with roles', () => {
    expect(getRolesFromSession(undefined, {})).toBeUndefined();
    expect(getRolesFromSession({ collections: {} }, {})).toEqual([]);
  });
});

describe('a session', () => {
  it('follows the schema of the moment', () => {
    let schema = schemaOf({ sub: '$a' });
    const session = new DBSession(() => schema, { sub: 'me' });
    expect(session.roles).toEqual([{ key: 'role', roleVars: { a: 'me' } }]);
    expect(session.roles).toBe(session.roles);
    schema = schemaOf({ sub: '$b' });
    expect(session.roles).toEqual([{ key: 'role', roleVars: { b: 'me' } }]);
  });

  it('has no roles without a schema', () => {
    expect(new DBSession(() => undefined, { sub: 'me' }).roles).toEqual([]);
  });

  it('freezes a copy of its variables and adds the derived ones', () => {
    const vars = { 'x-triplit-user-id': 'u', scope: 'read write' };
    const session = new DBSession(() => undefined, vars);
    expect(session.vars).toStrictEqual({ ...vars, SESSION_USER_ID: 'u', _scope: ['read', 'write'] });
    expect(Object.isFrozen(session.vars)).toBe(true);
    expect(Object.isFrozen(vars)).toBe(false);
    expect(normalizeSessionVars({ scope: 'a', _scope: 1 })).toStrictEqual({ scope: 'a', _scope: 1 });
  });
});

describe('roles are equivalent', () => {
  const role = (key: string, roleVars: Record<string, unknown> = {}) => ({ key, roleVars });
  it('in any order, by keys and variables', () => {
    expect(
      sessionRolesAreEquivalent([role('a', { x: 1, y: [1] }), role('b')], [role('b'), role('a', { y: [1], x: 1 })]),
    ).toBe(true);
    expect(sessionRolesAreEquivalent([role('a', { x: 1 })], [role('a', { x: 2 })])).toBe(false);
    expect(sessionRolesAreEquivalent([role('a')], [role('a'), role('b')])).toBe(false);
    expect(sessionRolesAreEquivalent([role('a')], [role('b')])).toBe(false);
  });
  it('when there are none, with or without a schema', () => {
    expect(sessionRolesAreEquivalent(undefined, [])).toBe(true);
    expect(sessionRolesAreEquivalent([], undefined)).toBe(true);
    expect(sessionRolesAreEquivalent([role('a')], undefined)).toBe(false);
  });
});
