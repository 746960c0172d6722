/** Serves the followers of a replica: one connection and one session for all of them. */
import type { CloseReason } from '@triplit/db/sync';
import type { Replica } from '../replica/replica.ts';
import { readToken } from '../session/token-session.ts';
import type { TokenSession } from '../session/token-session.ts';
import type { SyncEngine } from '../sync/sync-engine.ts';
import { Guest } from './guest.ts';
import type { GuestHost } from './guest.ts';
import type { Port } from './port.ts';

const MANUAL: CloseReason = { type: 'MANUAL_DISCONNECT', retry: false };

export class Host implements GuestHost {
  readonly replica: Replica;
  readonly engine: SyncEngine;
  readonly #guests = new Set<Guest>();
  readonly #stops: (() => void)[];
  readonly #servesOnly: boolean;
  #isClosed = false;
  /** The server did not take it, so any other is better. */
  #refusedToken: string | undefined;

  /** `servesOnly`: the program has no wish of its own to be connected, as in a worker. */
  constructor(replica: Replica, engine: SyncEngine, servesOnly: boolean) {
    this.replica = replica;
    this.engine = engine;
    this.#servesOnly = servesOnly;
    this.#stops = [
      engine.onReadiness((isReady, reason) => this.#readinessChanged(isReady, reason)),
      engine.onConnectionOptionsChange((change) => {
        if ('token' in change) this.#sessionChanged();
      }),
    ];
  }

  /** Whoever is at the other end of the line follows from now on. Returns a function that shows it out. */
  accept(port: Port): () => void {
    if (this.#isClosed) {
      port.close();
      return () => undefined;
    }
    const guest = new Guest(port, this);
    this.#guests.add(guest);
    return () => guest.leave();
  }

  takeSession(token: string | undefined): void {
    const { engine } = this;
    if (token === undefined) return engine.endSession();
    const current = engine.session;
    const next = readToken(token, engine.claimsPath);
    const isSamePerson = current?.principal !== undefined && current.principal === next.principal;
    const isRefused = current !== undefined && current.token === this.#refusedToken;
    if (current?.token === token || (isSamePerson && !isRefused && isOlder(next, current))) return;
    const begin = (): unknown => engine.startSession(token, engine.isConnectionWanted);
    if (isSamePerson) engine.replaceToken(token).catch(begin);
    else begin();
  }

  wishesChanged(): void {
    const isWanted = [...this.#guests].some(({ wantsConnection }) => wantsConnection);
    if (isWanted) void this.engine.connect();
    else if (this.#servesOnly) this.engine.disconnect();
  }

  gone(guest: Guest): void {
    this.#guests.delete(guest);
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    for (const guest of [...this.#guests]) guest.leave();
  }

  #readinessChanged(isReady: boolean, given: CloseReason | undefined): void {
    if (given?.type === 'UNAUTHORIZED') this.#refusedToken = this.engine.session?.token;
    // A connection that this program closed on purpose is closed for all; one that was lost is made again.
    const reason = this.engine.isConnectionWanted ? given : MANUAL;
    for (const guest of [...this.#guests]) guest.readinessChanged(isReady, reason);
    // Followers ask again when it is time; a program that serves only does not try by itself.
    if (!isReady && this.#servesOnly && this.engine.isConnectionWanted) this.wishesChanged();
  }

  /** Nobody is made to work in the session of another person. */
  #sessionChanged(): void {
    const principal = this.engine.session?.principal;
    for (const guest of [...this.#guests]) {
      if (guest.token === undefined) continue;
      const theirs = readToken(guest.token, this.engine.claimsPath).principal;
      if (principal === undefined || theirs !== principal) guest.endSession();
    }
  }
}

function isOlder(next: TokenSession, current: TokenSession): boolean {
  const hasAge = next.issuedAtMs !== undefined && current.issuedAtMs !== undefined;
  const [a, b] = hasAge ? [next.issuedAtMs, current.issuedAtMs] : [next.expiresAtMs, current.expiresAtMs];
  return a !== undefined && b !== undefined && a < b;
}
