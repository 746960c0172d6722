/**
 * Notices a connection that looks open but is dead. Every interval a ping asks for a sign of life; any message is one.
 * Without one in time, the connection is called silent.
 */
import { startTimer } from '../background-timer.ts';

export interface HeartbeatHost {
  ping(): void;
  onSilence(): void;
}

export const PONG_TIMEOUT_MS = 15_000;
/** After the network or the page came back, waiting long for a dead connection would be noticed. */
export const PROBE_TIMEOUT_MS = 4_000;

export class Heartbeat {
  readonly #intervalMs: number;
  readonly #host: HeartbeatHost;
  #stopInterval: (() => void) | undefined;
  #stopDeadline: (() => void) | undefined;

  /** An interval of 0 turns regular pings off. */
  constructor(intervalMs: number, host: HeartbeatHost) {
    this.#intervalMs = intervalMs;
    this.#host = host;
  }

  start(): void {
    this.stop();
    if (this.#intervalMs > 0) this.#stopInterval = startTimer(() => this.#beat(), this.#intervalMs);
  }

  stop(): void {
    this.#stopInterval?.();
    this.#stopDeadline?.();
    this.#stopDeadline = undefined;
  }

  /** Something was received. */
  heard(): void {
    this.#stopDeadline?.();
    this.#stopDeadline = undefined;
  }

  /** Asks for a sign of life out of turn. */
  probe(): void {
    this.#expectAnswer(PROBE_TIMEOUT_MS);
  }

  #beat(): void {
    this.#expectAnswer(PONG_TIMEOUT_MS);
    this.#stopInterval = startTimer(() => this.#beat(), this.#intervalMs);
  }

  #expectAnswer(timeoutMs: number): void {
    this.#stopDeadline?.();
    this.#stopDeadline = startTimer(() => this.#host.onSilence(), timeoutMs);
    this.#host.ping();
  }
}
