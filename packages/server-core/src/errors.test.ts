import { TriplitError } from '@triplit/db';
import { expect, test } from 'vitest';
import * as errors from './errors.ts';

test.each([
  ['UnauthorizedError', 401, [], 'Unauthorized'],
  ['NoTokenProvidedError', 401, [], 'No token provided.'],
  ['InvalidAuthenticationSchemeError', 401, [], 'Must use Bearer authentication scheme.'],
  ['InvalidTokenSignatureError', 401, [], 'The signature on your token could not be verified successfully.'],
  [
    'InvalidTokenProjectIdError',
    401,
    [],
    'The project id on your token does not match the project id for this request.',
  ],
  ['TokenMissingProjectIdError', 401, [], 'The auth token you are using is missing a project id.'],
  ['TokenReadError', 500, [], 'Error reading token.'],
  ['UnrecognizedTokenTypeError', 400, ['x'], 'The token type x is not recognized.'],
  ['ServiceKeyRequiredError', 401, [], 'Service token required.'],
  ['InvalidTokenPayloadError', 400, [], 'The token payload is invalid.'],
  ['TokenVerificationError', 401, [], 'Error verifying token.'],
  ['UnrecognizedMessageTypeError', 400, ['WHAT'], 'Unrecognized message type: WHAT.'],
  ['MalformedMessagePayloadError', 400, [], 'Messages payloads must be valid JSON.'],
  ['RateLimitExceededError', 429, [], 'Rate limit exceeded.'],
  ['TriplesInsertError', 500, [], 'Triples insert error.'],
  ['QuerySyncError', 500, [{ name: 'E' }], 'An error occurred while syncing your query: {"name":"E"}'],
  ['RouteNotFoundError', 404, [['x', 'y']], 'The server does not have a handler for this request: /x/y'],
] as const)('%s has status %i and its sentence', (name, status, args, baseMessage) => {
  const ErrorClass = errors[name] as unknown as new (...args: unknown[]) => TriplitError;
  const error = new ErrorClass(...args, 'why');
  expect(error).toBeInstanceOf(TriplitError);
  expect(error.toJSON()).toEqual({
    name,
    status,
    baseMessage,
    message: `${baseMessage} | Context: why`,
    contextMessage: 'why',
  });
});

test('an issuer that cannot be reached counts as a verification error, marked as worth another try', () => {
  const error = new errors.TokenIssuerUnavailableError('down');
  expect(error).toBeInstanceOf(errors.TokenVerificationError);
  expect(error).toMatchObject({ name: 'TokenVerificationError', status: 401, retry: true });
});
