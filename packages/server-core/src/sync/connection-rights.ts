/** What a connection may see, write and use up, as the newest accepted token says. */
import type { DB } from '@triplit/db';
import { hasAdminAccess } from '../admin-access.ts';
import type { Claims } from '../admin-access.ts';
import type { ServerContext } from '../server-context.ts';
import { factsOfClaims } from '../token-facts.ts';
import type { TokenFacts } from '../token-facts.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { FrameAllowance } from './frame-allowance.ts';
import { hasSameLastingClaims, hasSameRights } from './same-rights.ts';

/** `changed`: the connection has other rights from here on. `refused`: it has to end. */
export type TokenEffect = 'prolonged' | 'changed' | 'refused';

export class ConnectionRights {
  /** Whether a token with other rights changes what the connection may do, instead of ending it. */
  readonly #mayChange: boolean;
  readonly #context: ServerContext;
  readonly #address: string | undefined;
  #token: Claims;
  #facts: TokenFacts;
  #db: DB;
  #isAdmin: boolean;
  #allowance: FrameAllowance;

  /** Throws a LimitExceededError when the principal has as many connections as it may. */
  constructor(context: ServerContext, token: Claims, { facts, features, address }: ConnectionOptions) {
    this.#mayChange = features?.has('reauthorize') === true;
    this.#context = context;
    this.#address = address;
    this.#token = token;
    this.#facts = facts ?? factsOfClaims(token);
    this.#db = context.db.withSessionVars({ ...token });
    this.#isAdmin = hasAdminAccess(token);
    this.#allowance = new FrameAllowance(context, this.#facts, address);
  }

  get token(): Claims {
    return this.#token;
  }

  get facts(): TokenFacts {
    return this.#facts;
  }

  /** The database as the session of the token sees it. */
  get db(): DB {
    return this.#db;
  }

  get isAdmin(): boolean {
    return this.#isAdmin;
  }

  get allowance(): FrameAllowance {
    return this.#allowance;
  }

  /**
   * Whether a request with the token, which may be anybody's who knows the client id, is of the holder of the connection: of the
   * same principal. Where that is not one person, everybody is the same one; then the rights must be the same as well.
   */
  isHeldBy(token: Claims, facts: TokenFacts): boolean {
    return this.#isOfSamePrincipal(facts) && (facts.isIdentified || this.#effectOf(token, facts) === 'prolonged');
  }

  /** Throws a LimitExceededError when the token's principal is another one with as many connections as it may have. */
  follow(token: Claims, facts: TokenFacts): TokenEffect {
    const effect = this.#effectOf(token, facts);
    if (effect !== 'changed') return effect;
    if (!this.#isOfSamePrincipal(facts)) {
      const allowance = new FrameAllowance(this.#context, facts, this.#address);
      this.#allowance.leave();
      this.#allowance = allowance;
    }
    this.#token = token;
    this.#facts = facts;
    this.#db = this.#context.db.withSessionVars({ ...token });
    this.#isAdmin = hasAdminAccess(token);
    return effect;
  }

  #effectOf(token: Claims, facts: TokenFacts): TokenEffect {
    const isSameSession = this.#isOfSamePrincipal(facts) && hasSameRights(this.#token, token, this.#db.getSchema());
    if (!this.#mayChange) return isSameSession ? 'prolonged' : 'refused';
    return isSameSession && hasSameLastingClaims(this.#token, token) ? 'prolonged' : 'changed';
  }

  #isOfSamePrincipal(facts: TokenFacts): boolean {
    return facts.principal === this.#facts.principal;
  }
}
