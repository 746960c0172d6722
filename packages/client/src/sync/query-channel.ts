/**
 * The queries that the client has with the server. Equal queries share one entry; an entry is sent when the connection is
 * ready and withdrawn soon after its last subscriber left. Invariant: an entry that was sent on this connection is
 * IN_FLIGHT or FULFILLED, one that was not is NOT_STARTED.
 */
import { platform } from '@triplit/db';
import type { CollectionQuery, DBChanges, PreparedQuery, TriplitError } from '@triplit/db';
import type { ClientSyncMessage, QueryCheckpoint, QueryStateRequestMessage } from '@triplit/db/sync';
import { identifyQuery } from './query-identity.ts';
import type { IdentifiedQuery } from './query-identity.ts';
import { KeptRows } from './kept-rows.ts';
import type { KeptRowsHost } from './kept-rows.ts';
import { digestClaim, isContradicted, requestedClaim } from './resume-claim.ts';

export type QuerySyncState = 'NOT_STARTED' | 'IN_FLIGHT' | 'FULFILLED' | 'ERROR';
/** `context`: the payload of the server's answer (FULFILLED) or the error (ERROR). */
export type SyncStateCallback = (state: QuerySyncState, context: any) => void | Promise<void>;

export interface QueryChannelHost extends KeptRowsHost {
  isReady(): boolean;
  /** Whether the server knows the feature `digest`. */
  takesDigests(): boolean;
  send(message: ClientSyncMessage): boolean;
  /** Throws when the query is invalid for the client's schema. */
  prepare(query: CollectionQuery): PreparedQuery;
  checkpointFor(query: IdentifiedQuery, prepared: PreparedQuery): QueryCheckpoint | undefined;
  /** An answered query is connected no more. */
  withdrawn(query: IdentifiedQuery): void;
  /** Calls an application's callback without letting it disturb anything. */
  notify(callback: () => unknown): void;
}

/** A subscriber's hold on a query. */
export interface RemoteQuery {
  readonly state: QuerySyncState;
  /** No callback after this returns. */
  close(): void;
}

export interface QueryEntry extends IdentifiedQuery {
  readonly id: string;
  /** It may be meaningless to this client's schema. */
  readonly isUnchecked: boolean;
  state: QuerySyncState;
  /** Whether the server has already asked for ids since the query was connected. */
  wasAskedForIds: boolean;
  /** What the server was told that the cache holds, until it answers. */
  claimed: QueryCheckpoint | undefined;
  /** Since then it has taken some of that away: the two messages have met. */
  isClaimWrong: boolean;
  readonly subscribers: Set<{ readonly onState: SyncStateCallback }>;
  cancelWithdrawal: (() => void) | undefined;
}

export class QueryChannel {
  /** By the id under which the server knows the query. */
  readonly queries = new Map<string, QueryEntry>();
  readonly #byText = new Map<string, QueryEntry>();
  readonly #host: QueryChannelHost;
  /** Answered by what is not true any more. */
  readonly #toAskAgain = new Set<QueryEntry>();
  readonly #kept: KeptRows<QueryEntry>;
  /** What is being applied answers these claims. */
  #answering: (readonly [entry: QueryEntry, claim: QueryCheckpoint['entityIds']])[] = [];
  /** The queries that it answers for the first time. */
  #firstAnswers: readonly QueryEntry[] = [];
  #isLookingSoon = false;

  constructor(host: QueryChannelHost) {
    this.#host = host;
    this.#kept = new KeptRows(host);
  }

  /**
   * Keeps the query in sync until the last subscriber leaves. Throws when it is invalid. `onState` is called for each step
   * from now on, and at once if the query is already fulfilled. `isUnchecked`: only the server says whether it is valid.
   */
  add(query: CollectionQuery, onState: SyncStateCallback, { isUnchecked = false } = {}): RemoteQuery {
    const identified = identifyQuery(query);
    let entry = this.#byText.get(identified.text);
    if (entry === undefined) {
      if (!isUnchecked) this.#host.prepare(identified.params);
      entry = this.#create(identified, isUnchecked);
    }
    return this.#subscribe(entry, onState);
  }

  /** The state of an equal query; NOT_STARTED when there is none. */
  stateOf(query: CollectionQuery): QuerySyncState {
    return this.#byText.get(identifyQuery(query).text)?.state ?? 'NOT_STARTED';
  }

  /** The connection is ready: sends every query. */
  connectAll(): void {
    for (const entry of [...this.queries.values()]) this.#connect(entry);
  }

  connectionLost(): void {
    for (const entry of [...this.queries.values()]) {
      const wasAnswered = entry.state === 'FULFILLED';
      entry.state = 'NOT_STARTED';
      entry.claimed = undefined;
      this.#kept.unwatch(entry);
      if (entry.subscribers.size > 0) continue;
      this.#remove(entry);
      if (wasAnswered) this.#host.withdrawn(entry);
    }
  }

  /** Withdraws every query from the server; `connectAll` then asks for complete answers. */
  disconnectAll(): void {
    for (const entry of this.queries.values()) {
      if (entry.state === 'NOT_STARTED') continue;
      this.#host.send({ type: 'DISCONNECT_QUERY', payload: { id: entry.id } });
      entry.state = 'NOT_STARTED';
      entry.claimed = undefined;
      this.#kept.unwatch(entry);
    }
  }

  /**
   * The server answered these ids, and the changes are to be applied. Returns the entries, fulfilled already;
   * `notifyAnswered` tells their subscribers, and asks again where the answer was to a claim that had become wrong.
   */
  answered(ids: readonly string[], changes: DBChanges): QueryEntry[] {
    const entries = ids.flatMap((id) => this.queries.get(id) ?? []);
    for (const entry of this.queries.values())
      if (!entries.includes(entry) && isContradicted(entry.claimed, changes)) entry.isClaimWrong = true;
    this.#answering = entries.flatMap((entry) => (entry.claimed ? [[entry, entry.claimed.entityIds] as const] : []));
    this.#kept.arriving(
      changes,
      this.#answering.map(([, claim]) => claim),
    );
    for (const entry of entries) {
      if (entry.isClaimWrong) this.#toAskAgain.add(entry);
      else entry.claimed = undefined;
    }
    this.#firstAnswers = entries.filter(({ state }) => state === 'IN_FLIGHT');
    return fulfilled(entries.filter(({ isClaimWrong }) => !isClaimWrong));
  }

  /** The same by the texts of the queries. */
  answeredByText(texts: readonly string[]): QueryEntry[] {
    return fulfilled(texts.flatMap((text) => this.#byText.get(text) ?? []));
  }

  notifyAnswered(entries: readonly QueryEntry[], payload: unknown): void {
    const again = [...this.#toAskAgain];
    this.#toAskAgain.clear();
    for (const entry of again) if (this.queries.get(entry.id) === entry) this.#ask(entry);
    for (const [entry, claim] of this.#answering) this.#kept.answered(entry, claim);
    this.#answering = [];
    for (const entry of entries) {
      if (this.#firstAnswers.includes(entry) && this.#askAboutUnkept(entry)) entry.state = 'IN_FLIGHT';
      else this.#notify(entry, 'FULFILLED', payload);
    }
  }

  /** The server cannot tell from the digest what the client holds. If it names hashes a second time, it gets all ids. */
  idsRequested(request: QueryStateRequestMessage['payload']): void {
    const entry = this.queries.get(request.id);
    if (entry === undefined || entry.state === 'NOT_STARTED') return;
    const asked = entry.wasAskedForIds ? { id: request.id } : request;
    entry.wasAskedForIds = true;
    this.#send(entry, (checkpoint) => requestedClaim(checkpoint, asked));
  }

  /** The server refused the query. It is forgotten and not asked for again. */
  failed(id: string, error: TriplitError): void {
    const entry = this.queries.get(id);
    if (entry === undefined) return;
    this.#fail(entry, error);
    this.#host.send({ type: 'DISCONNECT_QUERY', payload: { id } });
  }

  /** Withdraws one query, whoever subscribed to it. */
  disconnect(id: string): void {
    const entry = this.queries.get(id);
    if (entry === undefined) return;
    const { state } = entry;
    this.#remove(entry);
    entry.state = 'NOT_STARTED';
    if (state === 'FULFILLED') this.#host.withdrawn(entry);
    if (state !== 'NOT_STARTED') this.#host.send({ type: 'DISCONNECT_QUERY', payload: { id } });
    this.#notify(entry, 'NOT_STARTED', undefined);
  }

  clear(): void {
    for (const entry of [...this.queries.values()]) this.#remove(entry);
  }

  #create(identified: IdentifiedQuery, isUnchecked: boolean): QueryEntry {
    let id = identified.hash;
    // Two queries with one hash must not share an id.
    for (let suffix = 1; this.queries.has(id); suffix++) id = `${identified.hash}-${suffix}`;
    const entry: QueryEntry = {
      ...identified,
      id,
      isUnchecked,
      state: 'NOT_STARTED',
      wasAskedForIds: false,
      claimed: undefined,
      isClaimWrong: false,
      subscribers: new Set(),
      cancelWithdrawal: undefined,
    };
    this.queries.set(id, entry);
    this.#byText.set(entry.text, entry);
    return entry;
  }

  #subscribe(entry: QueryEntry, onState: SyncStateCallback): RemoteQuery {
    const subscriber = { onState };
    entry.subscribers.add(subscriber);
    entry.cancelWithdrawal?.();
    entry.cancelWithdrawal = undefined;
    if (entry.state === 'FULFILLED') this.#host.notify(() => onState('FULFILLED', undefined));
    else if (entry.state === 'NOT_STARTED') this.#connect(entry);
    return {
      get state() {
        return entry.state;
      },
      close: () => {
        if (!entry.subscribers.delete(subscriber) || entry.subscribers.size > 0) return;
        this.#withdrawSoon(entry);
      },
    };
  }

  #connect(entry: QueryEntry): void {
    if (!this.#host.isReady() || entry.state !== 'NOT_STARTED' || entry.subscribers.size === 0) return;
    if (!this.#ask(entry)) return;
    entry.state = 'IN_FLIGHT';
    this.#notify(entry, 'IN_FLIGHT', undefined);
  }

  /**
   * Connects the query again if it shows rows that nobody keeps current and that the server can judge: a row that is there
   * only because of pending changes is not told to it.
   */
  #askAboutUnkept(entry: QueryEntry): boolean {
    if (entry.state !== 'FULFILLED' || entry.claimed !== undefined) return false;
    const unkept = this.#kept.unkept(entry);
    if (unkept.length === 0) return false;
    let held: QueryCheckpoint['entityIds'] | undefined;
    try {
      held = this.#host.checkpointFor(entry, this.#host.prepare(entry.params))?.entityIds;
    } catch {
      // Another schema has made the query invalid meanwhile. That is told when it is connected for the next time.
    }
    return unkept.some(([collection, id]) => held?.[collection]?.includes(id)) && this.#ask(entry);
  }

  /** Looks for rows that nobody keeps current, when what is being applied has been applied. */
  lookSoon(): void {
    if (this.#isLookingSoon) return;
    this.#isLookingSoon = true;
    queueMicrotask(() => {
      this.#isLookingSoon = false;
      for (const entry of [...this.queries.values()]) this.#askAboutUnkept(entry);
    });
  }

  #ask(entry: QueryEntry): boolean {
    entry.wasAskedForIds = false;
    return this.#send(entry, this.#host.takesDigests() ? digestClaim : (checkpoint) => checkpoint);
  }

  /** `claim`: how the server is told what the cache holds. False when the query was not sent. */
  #send(entry: QueryEntry, claim: (checkpoint: QueryCheckpoint) => QueryCheckpoint): boolean {
    let checkpoint: QueryCheckpoint | undefined;
    try {
      const prepared = this.#host.prepare(entry.params);
      checkpoint = this.#host.checkpointFor(entry, prepared);
      this.#kept.watch(entry, prepared, () => this.lookSoon());
    } catch (error) {
      if (!entry.isUnchecked) {
        this.#fail(entry, error);
        return false;
      }
    }
    entry.claimed = checkpoint;
    entry.isClaimWrong = false;
    const { id, params } = entry;
    const payload = { id, params: params as never, ...(checkpoint && { state: claim(checkpoint) }) };
    return this.#host.send({ type: 'CONNECT_QUERY', payload });
  }

  /** A subscriber that comes back in the same turn, as under React's StrictMode, finds the query still connected. */
  #withdrawSoon(entry: QueryEntry): void {
    if (entry.state === 'NOT_STARTED' || entry.state === 'ERROR') return this.#remove(entry);
    entry.cancelWithdrawal ??= platform.schedule(() => {
      entry.cancelWithdrawal = undefined;
      this.#remove(entry);
      if (entry.state === 'FULFILLED') this.#host.withdrawn(entry);
      this.#host.send({ type: 'DISCONNECT_QUERY', payload: { id: entry.id } });
    });
  }

  #fail(entry: QueryEntry, error: unknown): void {
    entry.state = 'ERROR';
    this.#remove(entry);
    this.#notify(entry, 'ERROR', error);
  }

  #remove(entry: QueryEntry): void {
    entry.cancelWithdrawal?.();
    entry.cancelWithdrawal = undefined;
    this.#kept.unwatch(entry);
    if (this.queries.get(entry.id) === entry) this.queries.delete(entry.id);
    if (this.#byText.get(entry.text) === entry) this.#byText.delete(entry.text);
  }

  #notify(entry: QueryEntry, state: QuerySyncState, context: unknown): void {
    for (const subscriber of [...entry.subscribers]) {
      if (entry.subscribers.has(subscriber)) this.#host.notify(() => subscriber.onState(state, context));
    }
  }
}

function fulfilled(entries: readonly QueryEntry[]): QueryEntry[] {
  const asked = entries.filter(({ state }) => state !== 'NOT_STARTED');
  for (const entry of asked) entry.state = 'FULFILLED';
  return asked;
}
