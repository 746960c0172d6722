/** Every error that the server raises on purpose, with its name, status and sentence. All are `TriplitError`s. */
import { errorClass } from '@triplit/db';

export { MalformedMessagePayloadError, QuerySyncError, UnrecognizedMessageTypeError } from '@triplit/db/sync';

// Tokens
export class UnauthorizedError extends errorClass('UnauthorizedError', 401, () => 'Unauthorized') {}
export class NoTokenProvidedError extends errorClass('NoTokenProvidedError', 401, () => 'No token provided.') {}
export class InvalidAuthenticationSchemeError extends errorClass(
  'InvalidAuthenticationSchemeError',
  401,
  () => 'Must use Bearer authentication scheme.',
) {}
/** The signature, or what it vouches for (expiry, issuer, audience …), was refused. */
export class InvalidTokenSignatureError extends errorClass(
  'InvalidTokenSignatureError',
  401,
  () => 'The signature on your token could not be verified successfully.',
) {}
/** The token cannot be read, or its claims are not where they should be. */
export class InvalidTokenPayloadError extends errorClass(
  'InvalidTokenPayloadError',
  400,
  () => 'The token payload is invalid.',
) {}
/** There is no token, or nothing to verify it with. */
export class TokenVerificationError extends errorClass('TokenVerificationError', 401, () => 'Error verifying token.') {}
/** The keys of the token's issuer cannot be reached: the same token may well be accepted a little later. */
export class TokenIssuerUnavailableError extends TokenVerificationError {
  readonly retry = true;
}
export class ServiceKeyRequiredError extends errorClass(
  'ServiceKeyRequiredError',
  401,
  () => 'Service token required.',
) {}

// Requests
export class RouteNotFoundError extends errorClass(
  'RouteNotFoundError',
  404,
  (route: readonly string[] | string) =>
    `The server does not have a handler for this request: /${typeof route === 'string' ? route.replace(/^\//, '') : route.join('/')}`,
) {}

// Limits
/** A limit of size or number. */
export class LimitExceededError extends errorClass(
  'LimitExceededError',
  400,
  () => 'A limit of the server was exceeded.',
) {}
/** More was sent in a short time than is allowed. */
export class RateLimitExceededError extends errorClass('RateLimitExceededError', 429, () => 'Rate limit exceeded.') {}

// Named by published versions and never raised by this server
export class InvalidTokenProjectIdError extends errorClass(
  'InvalidTokenProjectIdError',
  401,
  () => 'The project id on your token does not match the project id for this request.',
) {}
export class TokenMissingProjectIdError extends errorClass(
  'TokenMissingProjectIdError',
  401,
  () => 'The auth token you are using is missing a project id.',
) {}
export class ThirdPartyTokenInfoNotFoundError extends errorClass(
  'ThirdPartyTokenInfoNotFoundError',
  500,
  () => 'No information about the issuer of the token was found.',
) {}
export class TokenReadError extends errorClass('TokenReadError', 500, () => 'Error reading token.') {}
export class UnrecognizedTokenTypeError extends errorClass(
  'UnrecognizedTokenTypeError',
  400,
  (type: string) => `The token type ${type} is not recognized.`,
) {}
export class TriplesInsertError extends errorClass('TriplesInsertError', 500, () => 'Triples insert error.') {}
