/**
 * The server's own tokens: one for anonymous clients, one for services. Until one is minted here, every token of its kind
 * that is signed with the server's secret is good; from then on only the newest. They are told apart by an id inside, and
 * never by time, so that no clock makes an old one good again.
 */
import { platform } from '@triplit/db';
import type { DB } from '@triplit/db';
import { CompactSign } from 'jose';
import type { Claims } from '../admin-access.ts';
import { SETTING_NAMES } from '../auth/auth-settings.ts';
import type { AuthSettings } from '../auth/auth-settings.ts';
import { encodeBase64Url } from '../auth/base64.ts';
import { loadKeyMaterial } from '../auth/key-material.ts';
import { TOKEN_ID_CLAIM, TOKEN_TYPE_CLAIM } from '../auth/token-verifier.ts';
import type { VerificationKey } from '../auth/verification-key.ts';
import { TokenVerificationError } from '../errors.ts';
import { requestFailure } from '../http/request-failure.ts';

const TYPE_OF_KIND = { anonymous: 'anon', service: 'secret' } as const;
export type TokenKind = keyof typeof TYPE_OF_KIND;
const KINDS = Object.keys(TYPE_OF_KIND) as TokenKind[];

export interface ShownToken {
  readonly kind: TokenKind;
  /** Undefined when the server cannot sign it. */
  readonly token: string | undefined;
  /** Whether no other can be minted, and why. */
  readonly isFixed: boolean;
  readonly reason?: string;
  readonly label?: string;
  /** ISO texts. Undefined: the token does not expire, or none was minted so far. */
  readonly expiresAt?: string;
  readonly mintedAt?: string;
}

interface MintedToken {
  readonly id: string;
  readonly mintedAt: string;
  readonly label?: string;
  readonly expiresAt?: string;
}
type MintedByKind = { readonly [Kind in TokenKind]?: MintedToken };

interface Signer {
  readonly key: VerificationKey;
  readonly algorithm: string;
  /** Names the secret in the database: what was minted with another one says nothing about the tokens of this. */
  readonly fingerprint: string;
}

export const MAX_LABEL_LENGTH = 200;
export const REPLACED_TOKEN = 'The token was replaced by a newer one of its kind, and is good no more.';
const storedKey = ['server', 'minted-tokens'];

export class MintedTokens {
  readonly #db: DB;
  readonly #auth: AuthSettings | undefined;
  /** Why there is none, as a sentence, if there is none. */
  readonly #signer: Promise<Signer | string>;
  #stored: Readonly<Record<string, MintedByKind>> = {};
  #current: MintedByKind = {};
  /** One after the other. */
  #minting: Promise<unknown> = Promise.resolve();

  constructor(db: DB, auth: AuthSettings | undefined) {
    this.#db = db;
    this.#auth = auth;
    this.#signer = signerOf(auth);
  }

  async load(): Promise<void> {
    this.#stored = ((await this.#db.getMetadata(storedKey)) ?? {}) as Record<string, MintedByKind>;
    const signer = await this.#signer;
    this.#current = typeof signer === 'string' ? {} : (this.#stored[signer.fingerprint] ?? {});
  }

  /** Stores everything anew. Called together with the clearing of the database, which must not make old tokens good again. */
  async keep(): Promise<void> {
    if (Object.keys(this.#stored).length > 0) await this.#db.setMetadata(storedKey, this.#stored);
  }

  /** Whether the claims are of an own token that a newer one has replaced. */
  isReplaced(claims: Claims): boolean {
    const kind = KINDS.find((name) => TYPE_OF_KIND[name] === claims[TOKEN_TYPE_CLAIM]);
    const current = kind && this.#current[kind];
    return current !== undefined && claims[TOKEN_ID_CLAIM] !== current.id;
  }

  /** Throws a TokenVerificationError. */
  requireCurrent(claims: Claims): void {
    if (this.isReplaced(claims)) throw new TokenVerificationError(REPLACED_TOKEN);
  }

  async list(): Promise<ShownToken[]> {
    const signer = await this.#signer;
    return Promise.all(KINDS.map((kind) => this.#show(kind, signer)));
  }

  /** Makes a token that takes the place of all earlier ones of its kind. Rejects, changing nothing, when it cannot. */
  mint(kind: unknown, { label, expiresAt }: { label?: unknown; expiresAt?: unknown } = {}): Promise<ShownToken> {
    const minted = this.#minting.then(() => this.#mint(requireKind(kind), requireLabel(label), requireTime(expiresAt)));
    this.#minting = minted.catch(() => undefined);
    return minted;
  }

  async #mint(kind: TokenKind, label: string | undefined, expiresAt: string | undefined): Promise<ShownToken> {
    const signer = await this.#signer;
    if (typeof signer === 'string') throw requestFailure(409, signer);
    const token: MintedToken = {
      id: platform.randomUuid(),
      mintedAt: new Date(platform.now()).toISOString(),
      ...(label !== undefined && { label }),
      ...(expiresAt !== undefined && { expiresAt }),
    };
    const current = { ...this.#current, [kind]: token };
    const stored = { ...this.#stored, [signer.fingerprint]: current };
    await this.#db.setMetadata(storedKey, stored);
    this.#stored = stored;
    this.#current = current;
    return this.#show(kind, signer);
  }

  async #show(kind: TokenKind, signer: Signer | string): Promise<ShownToken> {
    if (typeof signer === 'string') return { kind, token: undefined, isFixed: true, reason: signer };
    const { id, ...about }: Partial<MintedToken> = this.#current[kind] ?? {};
    const projectId = this.#auth?.projectId;
    const claims = {
      [TOKEN_TYPE_CLAIM]: TYPE_OF_KIND[kind],
      ...(projectId !== undefined && { 'x-triplit-project-id': projectId }),
      ...(id !== undefined && { [TOKEN_ID_CLAIM]: id }),
      ...(about.expiresAt !== undefined && { exp: Math.floor(Date.parse(about.expiresAt) / 1000) }),
    };
    return { kind, token: await sign(claims, signer), isFixed: false, ...about };
  }
}

async function sign(claims: object, { key, algorithm }: Signer): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(key.kid !== undefined && { kid: key.kid }) })
    .sign(await key.cryptoKey(algorithm));
}

async function signerOf(auth: AuthSettings | undefined): Promise<Signer | string> {
  const name = `${auth?.settingPrefix ?? ''}${SETTING_NAMES.jwtSecret}`;
  if (!auth?.jwtSecret?.trim()) return `The server has no ${name} to sign tokens with.`;
  const keys = await loadKeyMaterial(auth.jwtSecret).then(
    (material) => material.keys,
    () => [],
  );
  const key = keys.find(({ type }) => type === 'HMAC');
  const algorithm = key?.algorithms[0];
  if (!key || algorithm === undefined)
    return `${name} is a key that only verifies: sign tokens with the private key that belongs to it, or set another ${name} to make the old ones invalid.`;
  const purpose = new TextEncoder().encode('the tokens that were minted with this secret');
  const digest = await crypto.subtle.sign('HMAC', await key.cryptoKey(algorithm), purpose);
  return { key, algorithm, fingerprint: encodeBase64Url(new Uint8Array(digest)).slice(0, 22) };
}

function requireKind(kind: unknown): TokenKind {
  const known = KINDS.find((name) => name === kind);
  if (known === undefined) throw requestFailure(400, `The 'kind' of a token is one of ${KINDS.join(', ')}.`);
  return known;
}

function requireLabel(label: unknown): string | undefined {
  if (label === undefined || label === null || label === '') return undefined;
  if (typeof label !== 'string' || label.length > MAX_LABEL_LENGTH)
    throw requestFailure(400, `The 'label' of a token is text of at most ${MAX_LABEL_LENGTH} characters.`);
  return label;
}

function requireTime(expiresAt: unknown): string | undefined {
  if (expiresAt === undefined || expiresAt === null) return undefined;
  const timeMs = typeof expiresAt === 'string' ? Date.parse(expiresAt) : Number.NaN;
  if (!(timeMs > platform.now()))
    throw requestFailure(400, "The 'expiresAt' of a token is an ISO text of a time in the future.");
  return new Date(timeMs).toISOString();
}
