/**
 * Puts the text of chunked messages together again, for one connection. What it holds is bounded in number, size and
 * age, whatever the other side sends.
 */
import { TriplitError } from '../base/errors.ts';
import { platform } from '../base/platform.ts';
import type { ChunkMessage } from './client-messages.ts';

export interface ChunkLimits {
  /** Unfinished messages at a time. */
  readonly maxMessages: number;
  /** Parts of one message. */
  readonly maxParts: number;
  /** UTF-16 code units held in all unfinished messages together. */
  readonly maxLength: number;
  /** An unfinished message is dropped this long after its last part. */
  readonly maxAgeMs: number;
}

export const DEFAULT_CHUNK_LIMITS: ChunkLimits = {
  maxMessages: 16,
  maxParts: 65_536,
  maxLength: 100 * 1024 * 1024,
  maxAgeMs: 60_000,
};

/** Dropped messages whose other parts are passed over; beyond these, the oldest is forgotten. */
const MAX_DROPPED = 1_000;
/** The status of a message that was dropped: sending the same again would be in vain. */
const CONTENT_TOO_LARGE = 413;

interface UnfinishedMessage {
  readonly total: number;
  readonly parts: Map<number, string>;
  length: number;
  touchedAtMs: number;
}

export class ChunkAssembler {
  readonly #limits: ChunkLimits;
  readonly #unfinished = new Map<string, UnfinishedMessage>();
  /** When they were dropped, by id. Whoever sent them is told once. */
  readonly #dropped = new Map<string, number>();
  #length = 0;

  constructor(limits: Partial<ChunkLimits> = {}) {
    this.#limits = { ...DEFAULT_CHUNK_LIMITS, ...limits };
  }

  /** Unfinished messages held. */
  get size(): number {
    return this.#unfinished.size;
  }

  /**
   * The whole text once the last missing part has come, else undefined. Throws a TriplitError, and drops the message,
   * when a part contradicts the others or a limit is passed; its other parts are passed over.
   */
  add({ id, index, total, data }: ChunkMessage['payload']): string | undefined {
    const now = platform.monotonicNow();
    this.#dropOld(now);
    if (this.#dropped.has(id)) return undefined;
    const { maxParts, maxLength } = this.#limits;
    if (!Number.isInteger(total) || total < 1 || total > maxParts) {
      throw this.#refuse(id, `its number of parts must lie between 1 and ${maxParts}`);
    }
    if (!Number.isInteger(index) || index < 0 || index >= total || data === '') {
      throw this.#refuse(id, 'a part is empty or its index lies outside of the message');
    }
    const message = this.#open(id, total, now);
    if (message.total !== total) throw this.#refuse(id, 'its parts disagree about how many there are');
    const growth = data.length - (message.parts.get(index)?.length ?? 0);
    if (this.#length + growth > maxLength)
      throw this.#refuse(id, `unfinished messages may hold ${maxLength} characters`);
    message.parts.set(index, data);
    message.length += growth;
    message.touchedAtMs = now;
    this.#length += growth;
    if (message.parts.size < total) return undefined;
    this.#forget(id);
    return Array.from({ length: total }, (_, part) => message.parts.get(part)!).join('');
  }

  clear(): void {
    this.#unfinished.clear();
    this.#dropped.clear();
    this.#length = 0;
  }

  #open(id: string, total: number, now: number): UnfinishedMessage {
    const known = this.#unfinished.get(id);
    if (known) return known;
    if (this.#unfinished.size >= this.#limits.maxMessages) {
      throw this.#refuse(id, `only ${this.#limits.maxMessages} chunked messages may be unfinished at a time`);
    }
    const message: UnfinishedMessage = { total, parts: new Map(), length: 0, touchedAtMs: now };
    this.#unfinished.set(id, message);
    return message;
  }

  #dropOld(now: number): void {
    for (const [id, message] of this.#unfinished) {
      if (now - message.touchedAtMs > this.#limits.maxAgeMs) this.#forget(id);
    }
    // In the order in which they were dropped.
    for (const [id, droppedAtMs] of this.#dropped) {
      if (now - droppedAtMs <= this.#limits.maxAgeMs && this.#dropped.size <= MAX_DROPPED) break;
      this.#dropped.delete(id);
    }
  }

  #refuse(id: string, reason: string): TriplitError {
    this.#forget(id);
    this.#dropped.set(id, platform.monotonicNow());
    const error = new TriplitError(`A chunked message was dropped: ${reason}.`);
    error.status = CONTENT_TOO_LARGE;
    return error;
  }

  #forget(id: string): void {
    const message = this.#unfinished.get(id);
    if (!message) return;
    this.#unfinished.delete(id);
    this.#length -= message.length;
  }
}
