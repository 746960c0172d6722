/**
 * What each principal uses of a server, over all its connections and requests. Tokens that name somebody are counted by
 * whom they name. Holders of anonymous tokens are different people, and are counted by the address that they come from,
 * where it is known. A service token is the server's owner and not counted.
 */
import { LimitExceededError, RateLimitExceededError } from '../errors.ts';
import type { TokenFacts } from '../token-facts.ts';
import type { ServerLimits } from './limits.ts';
import { RateLimit } from './rate-limit.ts';

/** Above this many, principals that use nothing at the moment are forgotten. */
const TIDY_ABOVE = 10_000;

interface Settings {
  /** Asked each time, since limits can change. */
  readonly limits: ServerLimits;
}

/** Whose use is counted together: what they may use, and what they are called. */
interface Kind {
  readonly who: string;
  readonly connections: 'connectionsPerPrincipal' | 'connectionsPerAddress';
  readonly messages: 'messagesPerSecondPerPrincipal' | 'messagesPerSecondPerAddress';
  readonly characters: 'charactersPerSecondPerPrincipal' | 'charactersPerSecondPerAddress';
  /** What may help who is refused. */
  readonly remedy: string;
}

const USER: Kind = {
  who: 'One user',
  connections: 'connectionsPerPrincipal',
  messages: 'messagesPerSecondPerPrincipal',
  characters: 'charactersPerSecondPerPrincipal',
  remedy: "Close some, or raise the limit 'connectionsPerPrincipal'.",
};
const ADDRESS: Kind = {
  who: 'The anonymous users of one address together',
  connections: 'connectionsPerAddress',
  messages: 'messagesPerSecondPerAddress',
  characters: 'charactersPerSecondPerAddress',
  remedy: "Set the option 'trustedProxies' if that is a proxy, or raise the limit 'connectionsPerAddress'.",
};

/** What one principal uses. */
export class PrincipalUsage {
  readonly #settings: Settings;
  readonly #kind: Kind;
  readonly #messages: RateLimit;
  readonly #characters: RateLimit;
  #connections = 0;

  constructor(settings: Settings, kind: Kind) {
    const { limits } = settings;
    this.#settings = settings;
    this.#kind = kind;
    this.#messages = new RateLimit(limits[kind.messages], limits.burstSeconds);
    this.#characters = new RateLimit(limits[kind.characters], limits.burstSeconds);
  }

  /** Throws when the principal has as many connections as it may. Returns a function that gives the place back. */
  openConnection(): () => void {
    const { who, connections, remedy } = this.#kind;
    const most = this.#settings.limits[connections];
    if (this.#connections >= most)
      throw new LimitExceededError(`${who} may have ${most} connections at a time. ${remedy}`);
    this.#connections += 1;
    let isOpen = true;
    return () => {
      if (isOpen) this.#connections -= 1;
      isOpen = false;
    };
  }

  /** Throws when the principal sends more than it may. */
  countMessage(characters: number): void {
    const { who, messages } = this.#kind;
    if (!this.#messages.take(1))
      throw new RateLimitExceededError(
        `${who} may send ${this.#settings.limits[messages]} messages and requests a second.`,
      );
    this.countText(characters);
  }

  /** Counts more text of a message that was counted already. Throws when that is more than the principal may send. */
  countText(length: number): void {
    const { who, characters } = this.#kind;
    if (!this.#characters.take(length))
      throw new RateLimitExceededError(`${who} may send ${this.#settings.limits[characters]} characters a second.`);
  }

  /** Whether forgetting it makes no difference. */
  get isIdle(): boolean {
    return this.#connections === 0 && this.#messages.isFull && this.#characters.isFull;
  }
}

export class Principals {
  readonly #settings: Settings;
  readonly #usages = new Map<string, PrincipalUsage>();
  #tidyAbove = TIDY_ABOVE;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get count(): number {
    return this.#usages.size;
  }

  /** What is counted for the holder of a token, if anything is. */
  usageOf({ principal, isIdentified, isAnonymous }: TokenFacts, address?: string): PrincipalUsage | undefined {
    if (isIdentified) return this.#usageUnder(`user ${principal}`, USER);
    return isAnonymous && address !== undefined ? this.#usageUnder(`address ${address}`, ADDRESS) : undefined;
  }

  #usageUnder(key: string, kind: Kind): PrincipalUsage {
    const known = this.#usages.get(key);
    if (known) return known;
    this.#tidy();
    const usage = new PrincipalUsage(this.#settings, kind);
    this.#usages.set(key, usage);
    return usage;
  }

  #tidy(): void {
    if (this.#usages.size < this.#tidyAbove) return;
    for (const [key, usage] of this.#usages) if (usage.isIdle) this.#usages.delete(key);
    // Looked through again only after it has grown by as much as is left, so that this costs little per principal.
    this.#tidyAbove = Math.max(TIDY_ABOVE, 2 * this.#usages.size);
  }
}
