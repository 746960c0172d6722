/**
 * What each principal uses of a server, over all its connections and requests. Tokens that name somebody are counted by
 * whom they name. Holders of anonymous tokens are different people, and are counted by the address that they come from,
 * where it is known. A service token is the server's owner and not counted.
 */
import { LimitExceededError, RateLimitExceededError } from '../errors.ts';
import type { TokenFacts } from '../token-facts.ts';
import type { ServerLimits } from './limits.ts';
import { RateLimit } from './rate-limit.ts';

interface Usage {
  connections: number;
  readonly messages: RateLimit;
  readonly characters: RateLimit;
}

/** A user or an address, with what it may use. */
interface Account {
  readonly key: string;
  readonly who: string;
  readonly connections: number;
  readonly messagesPerSecond: number;
  readonly charactersPerSecond: number;
  /** What may help who is refused. */
  readonly remedy: string;
}

/** Above this many, principals that use nothing at the moment are forgotten. */
const TIDY_ABOVE = 10_000;

export class Principals {
  readonly #settings: { readonly limits: ServerLimits };
  readonly #usages = new Map<string, Usage>();
  #tidyAbove = TIDY_ABOVE;

  /** `settings`: asked each time, since limits can change. */
  constructor(settings: { readonly limits: ServerLimits }) {
    this.#settings = settings;
  }

  get count(): number {
    return this.#usages.size;
  }

  /** Throws when the principal has as many connections as it may. Returns a function that gives the place back. */
  openConnection(facts: TokenFacts, address?: string): () => void {
    const account = this.#accountOf(facts, address);
    if (!account) return () => undefined;
    const usage = this.#usageOf(account);
    if (usage.connections >= account.connections)
      throw new LimitExceededError(
        `${account.who} may have ${account.connections} connections at a time. ${account.remedy}`,
      );
    usage.connections += 1;
    let isOpen = true;
    return () => {
      if (isOpen) usage.connections -= 1;
      isOpen = false;
    };
  }

  /** Throws when the principal sends more than it may. */
  countMessage(facts: TokenFacts, characters: number, address?: string): void {
    const account = this.#accountOf(facts, address);
    if (!account) return;
    if (!this.#usageOf(account).messages.take(1))
      throw new RateLimitExceededError(
        `${account.who} may send ${account.messagesPerSecond} messages and requests a second.`,
      );
    this.countText(facts, characters, address);
  }

  /** Counts more text of a message that was counted already. Throws when that is more than the principal may send. */
  countText(facts: TokenFacts, characters: number, address?: string): void {
    const account = this.#accountOf(facts, address);
    if (account && !this.#usageOf(account).characters.take(characters))
      throw new RateLimitExceededError(`${account.who} may send ${account.charactersPerSecond} characters a second.`);
  }

  #accountOf({ principal, isIdentified, isAnonymous }: TokenFacts, address: string | undefined): Account | undefined {
    const { limits } = this.#settings;
    if (isIdentified)
      return {
        key: `user ${principal}`,
        who: 'One user',
        connections: limits.connectionsPerPrincipal,
        messagesPerSecond: limits.messagesPerSecondPerPrincipal,
        charactersPerSecond: limits.charactersPerSecondPerPrincipal,
        remedy: "Close some, or raise the limit 'connectionsPerPrincipal'.",
      };
    if (!isAnonymous || address === undefined) return undefined;
    return {
      key: `address ${address}`,
      who: 'The anonymous users of one address together',
      connections: limits.connectionsPerAddress,
      messagesPerSecond: limits.messagesPerSecondPerAddress,
      charactersPerSecond: limits.charactersPerSecondPerAddress,
      remedy: "Set the option 'trustedProxies' if that is a proxy, or raise the limit 'connectionsPerAddress'.",
    };
  }

  #usageOf({ key, messagesPerSecond, charactersPerSecond }: Account): Usage {
    const known = this.#usages.get(key);
    if (known) return known;
    this.#tidy();
    const { burstSeconds } = this.#settings.limits;
    const usage: Usage = {
      connections: 0,
      messages: new RateLimit(messagesPerSecond, burstSeconds),
      characters: new RateLimit(charactersPerSecond, burstSeconds),
    };
    this.#usages.set(key, usage);
    return usage;
  }

  #tidy(): void {
    if (this.#usages.size < this.#tidyAbove) return;
    for (const [key, { connections, messages, characters }] of this.#usages)
      if (connections === 0 && messages.isFull && characters.isFull) this.#usages.delete(key);
    // Looked through again only after it has grown by as much as is left, so that this costs little per principal.
    this.#tidyAbove = Math.max(TIDY_ABOVE, 2 * this.#usages.size);
  }
}
