import { expect, it } from 'vitest';
import { serverOptionsFromEnvironment } from './environment.ts';
import { payloadMegabytes } from './options.ts';

it('reads the options of a server from the names that images use', () => {
  const environment = {
    JWT_SECRET: 'internal',
    EXTERNAL_JWT_SECRET: 'external',
    CLAIMS_PATH: 'app.claims',
    CLERK_PUBLISHABLE_KEY: 'pk_test_x',
    MAX_BODY_SIZE: '20',
    TRUSTED_PROXIES: '1',
    VERBOSE_LOGS: '1',
    PROJECT_ID: '  ',
  };
  expect(serverOptionsFromEnvironment(environment)).toEqual({
    jwtSecret: 'internal',
    externalJwtSecret: 'external',
    claimsPath: 'app.claims',
    clerkPublishableKey: 'pk_test_x',
    maxPayloadMb: '20',
    trustedProxies: 1,
    verboseLogs: true,
    projectId: undefined,
  });
});

it.each(['', 'one', '-1', '1.5'])('takes %j as no number of proxies', (text) => {
  expect(serverOptionsFromEnvironment({ TRUSTED_PROXIES: text })).not.toHaveProperty('trustedProxies');
});

it('reads them under a prefix', () => {
  const options = serverOptionsFromEnvironment({ TRIPLIT_JWT_SECRET: 'dev', JWT_SECRET: 'other' }, 'TRIPLIT_');
  expect(options).toMatchObject({ jwtSecret: 'dev', verboseLogs: false });
});

it.each([
  [undefined, 100],
  ['20', 20],
  [5, 5],
  ['much', 100],
  [-1, 100],
])('takes %s as a limit of %s megabytes', (value, megabytes) => {
  expect(payloadMegabytes(value)).toBe(megabytes);
});
