/** How many frames, and how much text, one connection may send; its principal's share included. */
import type { TriplitError } from '@triplit/db';
import type { PrincipalUsage } from '../limits/principals.ts';
import { RateLimit } from '../limits/rate-limit.ts';
import type { ServerContext } from '../server-context.ts';
import type { TokenFacts } from '../token-facts.ts';

export class FrameAllowance {
  readonly #context: ServerContext;
  readonly #usage: PrincipalUsage | undefined;
  readonly #messages: RateLimit;
  readonly #characters: RateLimit;
  /** Gives back the place of the connection among those of its principal. Idempotent. */
  readonly leave: () => void;

  /** Throws a LimitExceededError when the principal has as many connections as it may. */
  constructor(context: ServerContext, facts: TokenFacts, address: string | undefined) {
    const { messagesPerSecond, charactersPerSecond, burstSeconds } = context.limits;
    this.#context = context;
    this.#messages = new RateLimit(messagesPerSecond, burstSeconds);
    this.#characters = new RateLimit(charactersPerSecond, burstSeconds);
    this.#usage = context.principals.usageOf(facts, address);
    this.leave = this.#usage?.openConnection() ?? (() => undefined);
  }

  /** Takes a frame into account. Returns what it exceeds, in a sentence. */
  excessOf(frame: string): string | undefined {
    const { limits } = this.#context;
    if (!this.#messages.take(1)) return `A connection may send ${limits.messagesPerSecond} messages a second.`;
    if (!this.#characters.take(frame.length))
      return `A connection may send ${limits.charactersPerSecond} characters a second.`;
    try {
      this.#usage?.countMessage(frame.length);
      return undefined;
    } catch (error) {
      return (error as TriplitError).message;
    }
  }
}
