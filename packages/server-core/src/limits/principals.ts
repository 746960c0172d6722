/**
 * What each principal uses of a server, over all its connections and requests. Only tokens that name somebody are counted
 * together: holders of anonymous tokens are different people, and a service token is the server's owner.
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
  openConnection(facts: TokenFacts): () => void {
    const usage = this.#usageOf(facts);
    if (!usage) return () => undefined;
    const most = this.#settings.limits.connectionsPerPrincipal;
    if (usage.connections >= most)
      throw new LimitExceededError(
        `One user may have ${most} connections at a time. Close some, or raise the limit 'connectionsPerPrincipal'.`,
      );
    usage.connections += 1;
    let isOpen = true;
    return () => {
      if (isOpen) usage.connections -= 1;
      isOpen = false;
    };
  }

  /** Throws when the principal sends more than it may. */
  countMessage(facts: TokenFacts, characters: number): void {
    const usage = this.#usageOf(facts);
    if (!usage) return;
    const { messagesPerSecondPerPrincipal: messages, charactersPerSecondPerPrincipal: text } = this.#settings.limits;
    if (!usage.messages.take(1))
      throw new RateLimitExceededError(`One user may send ${messages} messages and requests a second.`);
    if (!usage.characters.take(characters))
      throw new RateLimitExceededError(`One user may send ${text} characters a second.`);
  }

  #usageOf({ principal, isIdentified }: TokenFacts): Usage | undefined {
    if (!isIdentified) return undefined;
    const known = this.#usages.get(principal);
    if (known) return known;
    this.#tidy();
    const { messagesPerSecondPerPrincipal, charactersPerSecondPerPrincipal, burstSeconds } = this.#settings.limits;
    const usage: Usage = {
      connections: 0,
      messages: new RateLimit(messagesPerSecondPerPrincipal, burstSeconds),
      characters: new RateLimit(charactersPerSecondPerPrincipal, burstSeconds),
    };
    this.#usages.set(principal, usage);
    return usage;
  }

  #tidy(): void {
    if (this.#usages.size < this.#tidyAbove) return;
    for (const [principal, { connections, messages, characters }] of this.#usages)
      if (connections === 0 && messages.isFull && characters.isFull) this.#usages.delete(principal);
    // Looked through again only after it has grown by as much as is left, so that this costs little per principal.
    this.#tidyAbove = Math.max(TIDY_ABOVE, 2 * this.#usages.size);
  }
}
