/**
 * The settings in force: defaults, over them what is stored in the database and can be changed while the server runs, over
 * that what the server was started with, which is fixed. Keys are stored, and never shown again.
 */
import type { DB } from '@triplit/db';
import type { AuthSettings, IssuerSettings } from '../auth/auth-settings.ts';
import { createTokenVerifier } from '../auth/token-verifier.ts';
import type { TokenVerifier } from '../auth/token-verifier.ts';
import { AllowedOrigins } from '../http/allowed-origins.ts';
import { requestFailure } from '../http/request-failure.ts';
import { defaultLimits } from '../limits/limits.ts';
import type { ServerLimits } from '../limits/limits.ts';
import { MintedTokens } from './minted-tokens.ts';
import { parseSettingsChange, SETTINGS } from './stored-settings.ts';
import type { SettingsChange, StoredSettings } from './stored-settings.ts';

/** What the server was started with. */
export interface GivenSettings {
  /** Makes the verifier of tokens, together with what is stored. */
  readonly auth?: AuthSettings | undefined;
  /**
   * A verifier of the caller's own, in whose settings nothing can be changed. Without it and `auth` the
   * server can only be used in-process.
   */
  readonly tokenVerifier?: TokenVerifier | undefined;
  /** Origins of the web pages that may use the server, such as `https://app.example.com`. Default: all. */
  readonly corsOrigins?: readonly string[] | undefined;
  readonly limits?: Partial<ServerLimits> | undefined;
}

export interface ShownSetting {
  readonly name: string;
  /** Keys are shown as `SET`. Undefined: not set. */
  readonly value: unknown;
  /** Comes from the options or the environment of the server, so that it cannot be changed here. */
  readonly isFixed: boolean;
}

export const SET = '(set)';
const storedKey = ['server', 'settings'];
const AUTH_SETTINGS = ['externalJwtSecret', 'claimsPath', 'issuers'] as const;

export class ServerSettings {
  /** The server's own, which its secret signs. */
  readonly tokens: MintedTokens;
  readonly #db: DB;
  readonly #given: GivenSettings;
  readonly #warn: (line: string) => void;
  #stored: StoredSettings = {};
  #limits!: ServerLimits;
  #allowedOrigins!: AllowedOrigins;
  #tokenVerifier: TokenVerifier | undefined;
  /** One change after the other. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(db: DB, given: GivenSettings, warn: (line: string) => void) {
    this.#db = db;
    this.#given = given;
    this.#warn = warn;
    this.tokens = new MintedTokens(db, given.tokenVerifier ? undefined : given.auth);
    this.#putInForce({}, given.tokenVerifier ?? this.#verifierWith({}));
  }

  get limits(): ServerLimits {
    return this.#limits;
  }

  get allowedOrigins(): AllowedOrigins {
    return this.#allowedOrigins;
  }

  get tokenVerifier(): TokenVerifier | undefined {
    return this.#tokenVerifier;
  }

  /** Puts in force what the database holds: at the start, and after it was cleared. */
  async load(): Promise<void> {
    await this.tokens.load();
    const stored = ((await this.#db.getMetadata(storedKey)) ?? {}) as StoredSettings;
    this.#putInForce(stored, this.#given.tokenVerifier ?? this.#verifierWith(stored));
  }

  /**
   * Empties the database, and with `full` takes all settings back. Which tokens were replaced stays known in any case, and
   * in the same durable batch.
   */
  async clearDatabase(full: boolean): Promise<void> {
    const isToStay = !full && Object.keys(this.#stored).length > 0;
    await Promise.all([
      this.#db.clear({ full }),
      this.tokens.keep(),
      isToStay ? this.#db.setMetadata(storedKey, this.#stored) : undefined,
    ]);
    await this.load();
  }

  /**
   * Stores the change and puts it in force. Rejects, changing nothing, when a setting is fixed, unknown or of no use, as a
   * key that cannot be read. Resolves to whether the accepted tokens have changed.
   */
  change(change: unknown): Promise<boolean> {
    const changed = this.#changing.then(() => this.#change(parseSettingsChange(change)));
    this.#changing = changed.catch(() => undefined);
    return changed;
  }

  list(): ShownSetting[] {
    const shown = SETTINGS.filter((name) => name !== 'limits').map((name): ShownSetting => {
      const isFixed = this.#isFixed(name);
      const value = isFixed ? this.#givenValue(name) : this.#stored[name];
      return { name, value: name === 'externalJwtSecret' && value !== undefined ? SET : shownValue(value), isFixed };
    });
    const limits = Object.entries(this.#limits)
      .filter(([, value]) => typeof value === 'number')
      .map(([name, value]) => ({ name: `limits.${name}`, value, isFixed: this.#isFixedLimit(name) }));
    return [...shown, ...limits];
  }

  async #change(change: SettingsChange): Promise<boolean> {
    const fixed = Object.keys(change).find((name) => this.#isFixed(name as keyof StoredSettings));
    const fixedLimit = Object.keys(change.limits ?? {}).find((name) => this.#isFixedLimit(name));
    if (fixed !== undefined || fixedLimit !== undefined)
      throw requestFailure(
        409,
        `The setting '${fixed ?? `limits.${fixedLimit}`}' is fixed by the options or the environment of the server.`,
      );
    const stored = withoutNulls({
      ...this.#stored,
      ...change,
      ...(change.issuers && { issuers: keepingSecrets(change.issuers, this.#stored.issuers) }),
      ...(change.limits && { limits: withoutNulls({ ...this.#stored.limits, ...change.limits }) }),
    }) as StoredSettings;
    const changesTokens = AUTH_SETTINGS.some((name) => name in change);
    const verifier = changesTokens ? this.#verifierWith(stored) : this.#tokenVerifier;
    if (changesTokens && verifier) await requireNoNewProblem(verifier, this.#tokenVerifier);
    await this.#db.setMetadata(storedKey, stored);
    this.#putInForce(stored, verifier);
    return changesTokens;
  }

  #putInForce(stored: StoredSettings, verifier: TokenVerifier | undefined): void {
    this.#stored = stored;
    this.#limits = { ...defaultLimits, ...stored.limits, ...this.#given.limits };
    this.#allowedOrigins = new AllowedOrigins(this.#given.corsOrigins ?? stored.corsOrigins);
    this.#tokenVerifier = verifier;
  }

  #verifierWith({ externalJwtSecret, claimsPath, issuers }: StoredSettings): TokenVerifier | undefined {
    const { auth } = this.#given;
    return (
      auth &&
      createTokenVerifier(overridden({ externalJwtSecret, claimsPath, issuers }, auth), {
        warn: this.#warn,
        requireCurrent: (claims) => this.tokens.requireCurrent(claims),
      })
    );
  }

  #isFixed(name: keyof StoredSettings): boolean {
    if (name === 'limits') return false;
    return this.#givenValue(name) !== undefined || (name !== 'corsOrigins' && this.#given.auth === undefined);
  }

  #isFixedLimit(name: string): boolean {
    return this.#given.limits?.[name as keyof ServerLimits] !== undefined;
  }

  #givenValue(name: Exclude<keyof StoredSettings, 'limits'>): unknown {
    return name === 'corsOrigins' ? this.#given.corsOrigins : this.#given.auth?.[name];
  }
}

/** Those of `over` win, as far as they are set. */
function overridden(under: AuthSettings, over: AuthSettings): AuthSettings {
  return { ...under, ...Object.fromEntries(Object.entries(over).filter(([, value]) => value !== undefined)) };
}

async function requireNoNewProblem(next: TokenVerifier, current: TokenVerifier | undefined): Promise<void> {
  await next.ready;
  const known = new Set(current?.problems());
  const problem = next.problems().find((line) => !known.has(line));
  if (problem !== undefined) throw requestFailure(400, problem);
}

/** An issuer whose secret was shown as `SET` keeps the one that it has; it is found again by its name. */
function keepingSecrets(issuers: readonly IssuerSettings[], before: readonly IssuerSettings[] = []): IssuerSettings[] {
  return issuers.map((issuer) => {
    if (issuer.secret !== SET) return issuer;
    const secret = before.find(({ name }) => name === issuer.name)?.secret;
    if (secret === undefined)
      throw requestFailure(400, `The issuer '${issuer.name ?? ''}' has no secret so far: send one.`);
    return { ...issuer, secret };
  });
}

function shownValue(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((item: unknown) =>
    typeof item === 'object' && item !== null && 'secret' in item ? { ...item, secret: SET } : item,
  );
}

function withoutNulls(settings: object): object {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null && value !== undefined));
}
