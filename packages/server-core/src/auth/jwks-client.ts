/**
 * The keys that an issuer publishes at a URL. They are fetched when first needed, kept fresh, and outlive an outage of
 * the issuer; a new key is found without a restart, and no stream of bad tokens makes it ask more often than it may.
 */
import { InvalidTokenSignatureError, TokenIssuerUnavailableError } from '../errors.ts';
import type { TokenHeader } from './compact-token.ts';
import { fetchJson } from './fetch-json.ts';
import type { Fetch } from './fetch-json.ts';
import { keysFromJwks, selectKey } from './jwks.ts';
import { describeKey } from './key-material.ts';
import type { KeySource } from './key-source.ts';
import { describeAlgorithm } from './static-keys.ts';
import type { VerificationKey } from './verification-key.ts';

/** Older keys are fetched again, without anybody waiting. */
export const JWKS_FRESH_MS = 5 * 60_000;
/** Older keys are not used before they were fetched again … */
export const JWKS_MAX_AGE_MS = 10 * 60_000;
/** … unless the issuer is down; then up to this age. */
export const JWKS_MAX_STALE_MS = 24 * 60 * 60_000;
/** Fetches of an issuer are this far apart. */
export const JWKS_MIN_INTERVAL_MS = 30_000;
/** The same as long as there is no key at all. */
export const JWKS_RETRY_MS = 5_000;

export interface JwksClientOptions {
  readonly label: string;
  /** Where the keys are, found out anew for each fetch. Throws an Error that says why it is not known. */
  readonly locate: () => Promise<string>;
  readonly fetch: Fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly warn: (line: string) => void;
  readonly timeoutMs?: number;
}

interface FetchedKeys {
  readonly keys: readonly VerificationKey[];
  readonly fetchedAtMs: number;
}

export class JwksClient implements KeySource {
  readonly label: string;
  readonly ready = Promise.resolve();
  readonly problem = undefined;
  readonly #options: JwksClientOptions;
  #fetched: FetchedKeys | undefined;
  #attemptedAtMs = Number.NEGATIVE_INFINITY;
  #failure: string | undefined;
  #inFlight: Promise<void> | undefined;

  constructor(options: JwksClientOptions) {
    this.label = options.label;
    this.#options = options;
  }

  async select(header: TokenHeader): Promise<VerificationKey> {
    const found = selectKey(await this.#currentKeys(), header);
    if (found) return found;
    // A key that is not there may have been added since.
    await this.#refresh();
    const foundLater = selectKey(this.#fetched?.keys ?? [], header);
    if (foundLater) return foundLater;
    if (this.#failure !== undefined) throw this.#unavailable();
    throw new InvalidTokenSignatureError(`signature verification failed: ${this.#mismatch(header)}.`);
  }

  describe(): string[] {
    const { label } = this;
    if (!this.#fetched && this.#failure === undefined)
      return [`${label}: keys are fetched when the first token comes.`];
    const keys = this.#fetched?.keys.map((key) => `${label}: ${describeKey(key)}.`) ?? [];
    if (this.#failure === undefined) return keys;
    return [...keys, `Warning: ${label}: the keys could not be fetched: ${this.#failure}.`];
  }

  async #currentKeys(): Promise<readonly VerificationKey[]> {
    const age = this.#ageMs();
    if (age > JWKS_MAX_AGE_MS) await this.#refresh();
    else if (age > JWKS_FRESH_MS) void this.#refresh();
    if (this.#fetched && this.#ageMs() <= JWKS_MAX_STALE_MS) return this.#fetched.keys;
    throw this.#unavailable();
  }

  #unavailable(): TokenIssuerUnavailableError {
    return new TokenIssuerUnavailableError(
      `The keys of ${this.label} could not be fetched (${this.#failure}), so its tokens cannot be verified now; try again shortly.`,
    );
  }

  #ageMs(): number {
    return this.#sinceMs(this.#fetched?.fetchedAtMs ?? Number.NEGATIVE_INFINITY);
  }

  /** A clock that was set back must not stop the keys from being fetched until it has caught up. */
  #sinceMs(timeMs: number): number {
    return Math.abs(this.#options.now() - timeMs);
  }

  /** Never rejects. Does nothing when the last fetch is too recent. */
  #refresh(): Promise<void> {
    if (this.#inFlight) return this.#inFlight;
    const sinceAttempt = this.#sinceMs(this.#attemptedAtMs);
    if (sinceAttempt < (this.#fetched ? JWKS_MIN_INTERVAL_MS : JWKS_RETRY_MS)) return Promise.resolve();
    this.#attemptedAtMs = this.#options.now();
    this.#inFlight = this.#fetchKeys().finally(() => (this.#inFlight = undefined));
    return this.#inFlight;
  }

  async #fetchKeys(): Promise<void> {
    const { locate, fetch, now, warn, timeoutMs } = this.#options;
    try {
      const jwks = await fetchJson(await locate(), fetch, timeoutMs);
      if (!Array.isArray(jwks['keys'])) throw new Error('the document is not a JWKS');
      const { keys } = await keysFromJwks(jwks, { allowSecrets: false });
      this.#fetched = { keys, fetchedAtMs: now() };
      this.#failure = undefined;
    } catch (error) {
      this.#failure = (error as Error).message;
      warn(
        `The keys of ${this.label} could not be fetched: ${this.#failure}. ${this.#fetched ? 'Those known before stay in use for now.' : 'Its tokens are refused until then.'}`,
      );
    }
  }

  #mismatch({ alg, kid }: TokenHeader): string {
    const keys = this.#fetched?.keys ?? [];
    if (!keys.some(({ algorithms }) => algorithms.includes(alg as string))) {
      return `the token is signed with ${describeAlgorithm(alg)}, for which ${this.label} publishes no key`;
    }
    if (kid === undefined) return `the token names no key id, and ${this.label} publishes several keys`;
    return `the token's key id ${JSON.stringify(kid.slice(0, 100))} is not among the keys of ${this.label}; check that it is the issuer of the token`;
  }
}
