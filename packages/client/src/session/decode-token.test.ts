import { expect, test } from 'vitest';
import { signToken } from '../testing/tokens.ts';
import { claimsAtPath, decodeToken } from './decode-token.ts';
import { readToken } from './token-session.ts';

test('a token shows its claims, in any script', () => {
  expect(decodeToken(signToken({ sub: 'Ännchen 你好 🎈', x: [1] }))).toEqual({ sub: 'Ännchen 你好 🎈', x: [1] });
});

test.each([undefined, null, '', 'text', 'a.b', 'a.b.c', 'a.%%%.c', `a.${btoa('"text"')}.c`, `a.${btoa('[1]')}.c`])(
  '%s is no token',
  (text) => {
    expect(decodeToken(text)).toBeUndefined();
  },
);

test('claims may be nested', () => {
  expect(claimsAtPath({ a: { b: { c: 1 } } }, 'a.b')).toEqual({ c: 1 });
  expect(claimsAtPath({ a: { b: 1 } }, 'a.b')).toBeUndefined();
  expect(claimsAtPath({ a: 1 }, 'x')).toBeUndefined();
  expect(claimsAtPath({ a: 1 }, undefined)).toEqual({ a: 1 });
});

test('variables are normalised', () => {
  const { variables } = readToken(signToken({ 'x-triplit-user-id': 'ann', scope: 'read write' }), undefined);
  expect(variables).toMatchObject({ SESSION_USER_ID: 'ann', _scope: ['read', 'write'] });
  expect(readToken(signToken({ sub: 'ann' }), 'nowhere').variables).toBeUndefined();
});

test('all tokens of one person have the same principal', () => {
  const principal = (claims: object): string | undefined => readToken(signToken(claims), undefined).principal;
  expect(principal({ sub: 'ann', exp: 1, role: 'a' })).toBe(principal({ sub: 'ann', exp: 2, role: 'b' }));
  expect(principal({ sub: 'ann' })).not.toBe(principal({ sub: 'bob' }));
  expect(principal({ sub: 'ann', iss: 'x' })).not.toBe(principal({ sub: 'ann', iss: 'y' }));
  expect(principal({ 'x-triplit-token-type': 'anon', exp: 1 })).toBe(
    principal({ exp: 2, 'x-triplit-token-type': 'anon' }),
  );
  expect(principal({ 'x-triplit-token-type': 'anon', 'x-triplit-token-id': 'minted later' })).toBe(
    principal({ 'x-triplit-token-type': 'anon' }),
  );
  expect(readToken('no token', undefined).principal).toBeUndefined();
});
