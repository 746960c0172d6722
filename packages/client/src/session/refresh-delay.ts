/** When a token is renewed: well before it expires, so that the new one is in place while the old one still counts. */
import type { TokenSession } from './token-session.ts';

/** Never sooner than this. */
export const MIN_REFRESH_DELAY_MS = 1_000;
/** The part of a token's lifetime that is left for renewing it, and its bounds. */
const MARGIN = 0.15;
const MIN_MARGIN_MS = 1_000;
/** Issuers that cache tokens, as Clerk does, give a new one only in the last 10 s of the old. */
const MAX_MARGIN_MS = 9_000;

/** Milliseconds until the next refresh; undefined when the token never expires. May be less than the minimum. */
export function refreshDelayMs({ expiresAtMs, issuedAtMs }: TokenSession, nowMs: number): number | undefined {
  if (expiresAtMs === undefined) return undefined;
  const lifetime = issuedAtMs === undefined ? expiresAtMs - nowMs : expiresAtMs - issuedAtMs;
  // More than it had in the beginning: this machine's clock is behind, and the token is not as young as it looks.
  const remaining = lifetime > 0 ? Math.min(expiresAtMs - nowMs, lifetime) : expiresAtMs - nowMs;
  const margin = Math.min(MAX_MARGIN_MS, Math.max(MIN_MARGIN_MS, lifetime * MARGIN));
  return remaining - margin;
}

/**
 * The same for a token that the issuer has just handed out. One that looks expired already says that this machine's clock
 * is ahead; then its lifetime counts from now.
 */
export function refreshDelayOfNewMs(session: TokenSession, nowMs: number): number | undefined {
  const { expiresAtMs, issuedAtMs } = session;
  const looksExpired = expiresAtMs !== undefined && expiresAtMs <= nowMs;
  if (!looksExpired || issuedAtMs === undefined || issuedAtMs >= expiresAtMs) return refreshDelayMs(session, nowMs);
  return refreshDelayMs(session, issuedAtMs);
}
