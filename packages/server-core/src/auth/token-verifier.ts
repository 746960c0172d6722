/**
 * Decides whether a token is good and what it says. Tokens of Triplit itself carry a marker at their root and are
 * verified with the internal key only, all others with the keys of the external issuers; so nobody but the holder of the
 * internal key can make a service token.
 */
import { TriplitError } from '@triplit/db';
import {
  InvalidTokenPayloadError,
  InvalidTokenSignatureError,
  TokenIssuerUnavailableError,
  TokenVerificationError,
} from '../errors.ts';
import { DEFAULT_LEEWAY_SECONDS, SETTING_NAMES } from './auth-settings.ts';
import type { AuthSettings } from './auth-settings.ts';
import { requireRules, requireType, requireValidTimes } from './claim-rules.ts';
import type { Claims } from './claim-rules.ts';
import { claimsAt } from './claims-path.ts';
import { parseClaims, parseCompactToken } from './compact-token.ts';
import type { CompactToken } from './compact-token.ts';
import type { Fetch } from './fetch-json.ts';
import type { KeySource } from './key-source.ts';
import { StaticKeys } from './static-keys.ts';
import { trustedIssuers } from './trusted-issuers.ts';
import type { TrustedIssuer, TrustedIssuers } from './trusted-issuers.ts';
import { VerifiedTokens } from './verified-tokens.ts';
import { verifySignature } from './verify-signature.ts';

export const TOKEN_TYPE_CLAIM = 'x-triplit-token-type';
/** Tells the tokens apart that a server has minted. */
export const TOKEN_ID_CLAIM = 'x-triplit-token-id';
const INTERNAL_TYPES: readonly unknown[] = ['anon', 'secret', 'test'];

export type SessionClaims = Record<string, unknown>;

export interface VerifiedToken {
  /** Of the session: those of the token, or what its claims path leads to. */
  readonly claims: SessionClaims;
  /** Seconds since the epoch, from the token's root; the leeway is still to be added. */
  readonly expiresAt?: number;
  /** Whether the token is Triplit's own. */
  readonly internal: boolean;
  /** Whether it is a service token, which no permission restricts. */
  readonly admin: boolean;
}

export interface TokenVerifier {
  /** Throws a TriplitError that says what is wrong with the token or with the settings. */
  verify(token: string | undefined): Promise<VerifiedToken>;
  readonly leewaySeconds: number;
  /** Settles when the keys in the settings are read; never rejects. */
  readonly ready: Promise<void>;
  /** Lines for the log at start (after `ready`): which keys were recognised, what is wrong or weak. Without secrets. */
  describe(): string[];
  /** Settings that cannot be used (after `ready`), as sentences. */
  problems(): string[];
}

export interface TokenVerifierEnvironment {
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly fetch?: Fetch;
  /** Throws when the claims are of one of Triplit's own tokens that was replaced. Asked each time. */
  readonly requireCurrent?: (claims: SessionClaims) => void;
  /** Is told about issuers that cannot be reached. */
  readonly warn?: (line: string) => void;
}

export function createTokenVerifier(settings: AuthSettings, environment: TokenVerifierEnvironment = {}): TokenVerifier {
  const now = environment.now ?? (() => Date.now());
  const fetch: Fetch = environment.fetch ?? ((url, init) => globalThis.fetch(url, init));
  const { warn = () => undefined, requireCurrent = () => undefined } = environment;
  return new SettingsVerifier(settings, { now, fetch, warn, requireCurrent });
}

class SettingsVerifier implements TokenVerifier {
  readonly leewaySeconds: number;
  readonly ready: Promise<void>;
  readonly #settings: AuthSettings;
  readonly #now: () => number;
  readonly #requireCurrent: (claims: SessionClaims) => void;
  readonly #prefix: string;
  readonly #internal: KeySource | undefined;
  readonly #external: TrustedIssuers;
  readonly #verified = new VerifiedTokens<VerifiedToken>();

  constructor(settings: AuthSettings, { now, fetch, warn, requireCurrent }: Required<TokenVerifierEnvironment>) {
    this.#settings = settings;
    this.#now = now;
    this.#requireCurrent = requireCurrent;
    this.#prefix = settings.settingPrefix ?? '';
    this.leewaySeconds = settings.leewaySeconds ?? DEFAULT_LEEWAY_SECONDS;
    const { jwtSecret } = settings;
    const hasSecret = jwtSecret !== undefined && jwtSecret.trim() !== '';
    this.#internal = hasSecret ? new StaticKeys(this.#name('jwtSecret'), jwtSecret) : undefined;
    this.#external = trustedIssuers(settings, { fetch, now, warn });
    this.ready = Promise.all(this.#sources().map((source) => source.ready)).then(() => undefined);
  }

  async verify(text: string | undefined): Promise<VerifiedToken> {
    if (!text) throw new TokenVerificationError('No token provided');
    const nowMs = this.#now();
    const verified = this.#verified.get(text, nowMs) ?? (await this.#verifyNew(text, nowMs));
    if (verified.internal) this.#requireCurrent(verified.claims);
    return { ...verified, claims: { ...verified.claims } };
  }

  async #verifyNew(text: string, nowMs: number): Promise<VerifiedToken> {
    const { token, claims } = read(text);
    const isInternal = INTERNAL_TYPES.includes(claims[TOKEN_TYPE_CLAIM]);
    const verified = isInternal ? await this.#verifyInternal(token, claims) : await this.#verifyExternal(token, claims);
    const expiresAtMs = verified.expiresAt === undefined ? undefined : (verified.expiresAt + this.leewaySeconds) * 1000;
    this.#verified.set(text, verified, nowMs, expiresAtMs);
    return verified;
  }

  describe(): string[] {
    const lines = [...this.#external.problems, ...this.#sources().flatMap((source) => source.describe())];
    const { jwtSecret, externalJwtSecret, issuers = [] } = this.#settings;
    if (this.#external.isFallback) {
      lines.push(
        `${this.#name('externalJwtSecret')} is not set: tokens of other issuers are verified with ${this.#name('jwtSecret')}.`,
      );
    }
    if (!this.#internal) {
      lines.push(`Warning: ${this.#name('jwtSecret')} is not set, so anonymous and service tokens are refused.`);
    } else if ([externalJwtSecret, ...issuers.map(({ secret }) => secret)].includes(jwtSecret)) {
      lines.push(
        `Warning: an external issuer has the same secret as ${this.#name('jwtSecret')}: whoever signs the tokens of users can also sign service tokens.`,
      );
    }
    return lines;
  }

  problems(): string[] {
    const ofSources = this.#sources().map(({ problem }) => problem);
    return [...this.#external.problems, ...ofSources.filter((problem) => problem !== undefined)];
  }

  async #verifyInternal(token: CompactToken, claims: Claims): Promise<VerifiedToken> {
    if (!this.#internal) {
      throw new TokenVerificationError(
        `No secret provided for token verification: set ${this.#name('jwtSecret')} on the server.`,
      );
    }
    await verifySignature(token, this.#internal);
    requireValidTimes(claims, this.#nowSeconds(), this.leewaySeconds);
    return {
      claims,
      expiresAt: claims['exp'] as number | undefined,
      internal: true,
      admin: claims[TOKEN_TYPE_CLAIM] === 'secret',
    };
  }

  /** Tries every issuer that the token may be of; of several refusals the one of the likeliest issuer is told, or that one cannot be reached. */
  async #verifyExternal(token: CompactToken, claims: Claims): Promise<VerifiedToken> {
    const { issuers } = this.#external;
    if (issuers.length === 0) throw this.#noExternalKey();
    const { iss } = claims;
    const candidates = issuers.filter(
      ({ rules }) => !rules.issuers || (typeof iss === 'string' && rules.issuers.includes(iss)),
    );
    if (candidates.length === 0) {
      const labels = issuers.map(({ keys }) => keys.label).join(', ');
      throw new InvalidTokenSignatureError(
        `"iss" claim check failed: the issuer of the token is not among those accepted; check the issuers of ${labels}.`,
      );
    }
    let refusal: unknown;
    for (const issuer of candidates) {
      try {
        return await this.#verifyAs(issuer, token, claims);
      } catch (error) {
        if (!(error instanceof TriplitError)) throw error;
        // As long as an issuer cannot be reached, nobody knows that the token is not its own.
        if (error instanceof TokenIssuerUnavailableError || refusal === undefined) refusal = error;
      }
    }
    throw refusal;
  }

  async #verifyAs(
    { keys, rules, claimsPath, claimsPathLabel }: TrustedIssuer,
    token: CompactToken,
    claims: Claims,
  ): Promise<VerifiedToken> {
    await verifySignature(token, keys);
    requireType(token.header.typ, rules, keys.label);
    const now = this.#nowSeconds();
    requireValidTimes(claims, now, this.leewaySeconds);
    requireRules(claims, rules, now, this.leewaySeconds, keys.label);
    const found = claimsPath ? claimsAt(claims, claimsPath) : claims;
    if (!found) {
      throw new InvalidTokenPayloadError(
        `The claims path of ${claimsPathLabel} leads to no object in the token; correct the path, or have the issuer put the claims there.`,
      );
    }
    return {
      claims: withoutMarker(found),
      expiresAt: claims['exp'] as number | undefined,
      internal: false,
      admin: false,
    };
  }

  #noExternalKey(): TokenVerificationError {
    const { problems } = this.#external;
    const hint =
      problems.length > 0
        ? problems.join(' ')
        : `set ${this.#name('externalJwtSecret')} on the server to the key of the token's issuer.`;
    return new TokenVerificationError(`No secret provided for token verification: ${hint}`);
  }

  #sources(): KeySource[] {
    const { issuers, isFallback } = this.#external;
    // The fallback reads the same setting as the internal key.
    return [...(this.#internal ? [this.#internal] : []), ...(isFallback ? [] : issuers.map(({ keys }) => keys))];
  }

  #name(setting: keyof typeof SETTING_NAMES): string {
    return this.#prefix + SETTING_NAMES[setting];
  }

  #nowSeconds(): number {
    return this.#now() / 1000;
  }
}

function read(text: string): { token: CompactToken; claims: Record<string, unknown> } {
  try {
    const token = parseCompactToken(text);
    return { token, claims: parseClaims(token.payload) };
  } catch (error) {
    throw new InvalidTokenPayloadError(`Token could not be decoded as a valid JWT: it ${(error as Error).message}.`);
  }
}

/** A foreign issuer must not pass for Triplit inside of its claims either. */
function withoutMarker(claims: Claims): SessionClaims {
  if (!INTERNAL_TYPES.includes(claims[TOKEN_TYPE_CLAIM])) return claims;
  const { [TOKEN_TYPE_CLAIM]: _, ...rest } = claims;
  return rest;
}
