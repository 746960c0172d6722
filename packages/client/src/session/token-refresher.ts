/**
 * Renews a session's token for as long as the session lasts. Whatever the handler does, the chain goes on: a token is put
 * in place, null means signed out for now, a throw means that the issuer cannot be reached; the last two are tried again.
 */
import { platform } from '@triplit/db';
import type { Logger } from '@triplit/logger';
import { MAX_TIMER_MS, startTimer } from '../background-timer.ts';
import { retryDelayMs } from '../sync/retry-delay.ts';
import { MIN_REFRESH_DELAY_MS, refreshDelayMs, refreshDelayOfNewMs } from './refresh-delay.ts';
import type { TokenSession } from './token-session.ts';

export interface TokenRefreshOptions {
  /** A new token; null when nobody is signed in any more. It may throw when it cannot reach the issuer. */
  readonly refreshHandler: () => Promise<string | null>;
  /** Milliseconds between calls. Default: as the token's expiry demands. */
  readonly interval?: number;
}

export type RefreshOutcome = 'refreshed' | 'signed-out' | 'failed';

export interface TokenRefresherHost {
  current(): TokenSession;
  /** Puts the new token in place; rejects when the client cannot use it. */
  accept(token: string): void | Promise<void>;
  onSignedOut(): void;
  readonly logger: Logger;
}

/** A handler that has not settled by then counts as one that threw, and is called again. */
export const HANDLER_TIMEOUT_MS = 60_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

export class TokenRefresher {
  readonly #options: TokenRefreshOptions;
  readonly #host: TokenRefresherHost;
  #cancelTimer: () => void = () => undefined;
  /** Waits no longer for the handler. */
  #giveUp: () => void = () => undefined;
  #running: Promise<RefreshOutcome> | undefined;
  /** Unsuccessful calls in a row. */
  #failures = 0;
  #isStopped = false;

  constructor(options: TokenRefreshOptions, host: TokenRefresherHost) {
    this.#options = options;
    this.#host = host;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Plans the first call by the current token. */
  start(): void {
    this.#plan(refreshDelayMs(this.#host.current(), platform.now()));
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
    this.#giveUp();
  }

  /** The network or the page is back. A call that failed, or that a sleeping machine missed, is made now. */
  hurry(): void {
    const { interval } = this.#options;
    const delay = interval === undefined ? refreshDelayMs(this.#host.current(), platform.now()) : undefined;
    if (this.#failures > 0 || (delay !== undefined && delay <= 0)) void this.refreshNow();
  }

  /** Calls the handler, unless a call is under way already. Never rejects. */
  refreshNow(): Promise<RefreshOutcome> {
    this.#cancelTimer();
    this.#running ??= this.#refresh().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #refresh(): Promise<RefreshOutcome> {
    const { logger } = this.#host;
    try {
      const token = await this.#callHandler();
      if (this.#isStopped) return 'failed';
      if (!token) {
        if (this.#failures === 0) {
          logger.warn(
            'The token refresh handler returned no token, so the client stays disconnected until it returns one.',
          );
        }
        this.#host.onSignedOut();
        this.#planRetry();
        return 'signed-out';
      }
      const isNew = token !== this.#host.current().token;
      if (isNew) await this.#host.accept(token);
      if (this.#isStopped) return 'failed';
      this.#failures = 0;
      const session = this.#host.current();
      this.#plan(isNew ? refreshDelayOfNewMs(session, platform.now()) : refreshDelayMs(session, platform.now()), isNew);
      return 'refreshed';
    } catch (error) {
      if (this.#isStopped) return 'failed';
      if (this.#failures === 0) {
        logger.warn(
          `The token could not be refreshed and will be tried again: ${String((error as Error).message ?? error)}`,
        );
      }
      this.#planRetry();
      return 'failed';
    }
  }

  #callHandler(): Promise<string | null> {
    return new Promise((resolve, reject) => {
      this.#giveUp = () => reject(new Error(`the handler did not settle within ${HANDLER_TIMEOUT_MS / 1000} s.`));
      this.#cancelTimer = startTimer(this.#giveUp, HANDLER_TIMEOUT_MS);
      Promise.resolve(this.#options.refreshHandler()).then(resolve, reject);
    });
  }

  #plan(delayMs: number | undefined, isNewToken = true): void {
    const delay = this.#options.interval ?? delayMs;
    if (delay === undefined) return;
    if (delay < MIN_REFRESH_DELAY_MS && isNewToken) {
      this.#host.logger.warn(
        `The token is refreshed only after ${MIN_REFRESH_DELAY_MS} ms, although it asks for a refresh after ${Math.round(delay)} ms.`,
      );
    }
    this.#startTimer(Math.max(MIN_REFRESH_DELAY_MS, delay));
  }

  #planRetry(): void {
    const backOff = retryDelayMs(this.#failures++, 0, FIRST_RETRY_MS, MAX_RETRY_MS);
    this.#startTimer(
      this.#options.interval === undefined
        ? backOff
        : Math.max(MIN_REFRESH_DELAY_MS, Math.min(backOff, this.#options.interval)),
    );
  }

  #startTimer(delayMs: number): void {
    this.#cancelTimer();
    if (this.#isStopped) return;
    // A token that lives longer than a timer can is looked at again in between.
    if (delayMs > MAX_TIMER_MS)
      this.#cancelTimer = startTimer(() => this.#startTimer(delayMs - MAX_TIMER_MS), MAX_TIMER_MS);
    else this.#cancelTimer = startTimer(() => void this.refreshNow(), delayMs);
  }
}
