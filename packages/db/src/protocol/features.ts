/**
 * Additions to the protocol of version 1. A client asks for them by the parameter `features` of the address, a list with
 * commas; a server that knows them names those in force in `READY`. Servers and clients of version 1 ignore both.
 */

/**
 * `reauthorize`: a token with other rights changes what the connection sees, instead of closing it.
 * `token-message`: the token is not in the address; the first message, an `UPDATE_TOKEN`, brings it.
 * `digest`: a client may say what it holds of a query by a digest; the server asks for ids where that is not enough.
 * `transactions`: `CHANGES` may list transactions, which are accepted or refused one by one and applied exactly once.
 */
export type Feature = 'digest' | 'reauthorize' | 'token-message' | 'transactions';

const FEATURES: ReadonlySet<string> = new Set<Feature>(['digest', 'reauthorize', 'token-message', 'transactions']);

/** Leaves out what is not known here. */
export function parseFeatures(list: string | null): ReadonlySet<Feature> {
  return new Set((list ?? '').split(',').filter((name): name is Feature => FEATURES.has(name)));
}

/** A client that brings its token in a WebSocket sub-protocol offers `triplit` and, beside it, this with the token. */
export const TOKEN_SUB_PROTOCOL_PREFIX = 'triplit.token.';
