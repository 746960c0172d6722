import { expect, test } from 'vitest';
import { DEVELOPMENT_JWT_SECRET, DEVELOPMENT_PROJECT_ID, mintServerTokens } from './tokens.ts';

test('the default tokens are the same on every machine', () => {
  const tokens = mintServerTokens(DEVELOPMENT_JWT_SECRET, DEVELOPMENT_PROJECT_ID);
  expect(tokens.service.split('.')[2]).toBe('8Z76XXPc9esdlZb2b7NDC7IVajNXKc4eVcPsO7Ve0ug');
  expect(tokens.anonymous.split('.')[2]).toBe('JzN7Erur8Y-MlFdCaZtovQwxN_m_fSyOIWNzYQ3uVcc');
});

test('another secret or project gives other tokens', () => {
  const byDefault = mintServerTokens(DEVELOPMENT_JWT_SECRET, DEVELOPMENT_PROJECT_ID);
  expect(mintServerTokens('another secret', DEVELOPMENT_PROJECT_ID).service).not.toBe(byDefault.service);
  expect(mintServerTokens(DEVELOPMENT_JWT_SECRET, 'another').anonymous).not.toBe(byDefault.anonymous);
});
