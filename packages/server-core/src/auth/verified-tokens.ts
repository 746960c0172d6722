/** Tokens that were found good, so that a client that sends the same one with every request costs one verification. */
export const MAX_VERIFIED_TOKENS = 2000;
/** Longer tokens are verified every time, to bound the memory. */
export const MAX_CACHED_TOKEN_LENGTH = 4096;
/** A key that its issuer has withdrawn is honoured at most this much longer. */
export const MAX_VERIFIED_AGE_MS = 60_000;

export class VerifiedTokens<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly sinceMs: number; readonly untilMs: number }>();

  get(token: string, nowMs: number): T | undefined {
    const entry = this.#entries.get(token);
    if (!entry) return undefined;
    this.#entries.delete(token);
    // Before it was put here: the clock was set back, and its age is not known.
    if (nowMs < entry.sinceMs || nowMs >= entry.untilMs) return undefined;
    // Put back last: the first is the one least recently used.
    this.#entries.set(token, entry);
    return entry.value;
  }

  set(token: string, value: T, nowMs: number, expiresAtMs = Number.POSITIVE_INFINITY): void {
    if (token.length > MAX_CACHED_TOKEN_LENGTH) return;
    this.#entries.delete(token);
    this.#entries.set(token, { value, sinceMs: nowMs, untilMs: Math.min(nowMs + MAX_VERIFIED_AGE_MS, expiresAtMs) });
    if (this.#entries.size > MAX_VERIFIED_TOKENS) this.#entries.delete(this.#entries.keys().next().value!);
  }

  get size(): number {
    return this.#entries.size;
  }
}
