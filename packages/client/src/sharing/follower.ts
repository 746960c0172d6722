/**
 * The follower's side of sharing: takes the leader's content and steps in order, tells the leader of what is written here,
 * and asks it for what only a leader does. Leaders may follow one another. Invariant: what was written here and is not
 * known to be durable is told to every leader until it is.
 */
import { StorageError, TriplitError } from '@triplit/db';
import type { PendingTransaction, StorageEntry } from '@triplit/db';
import type { Logger } from '@triplit/logger';
import type { Replica } from '../replica/replica.ts';
import type { Leader, SharedMethod } from '../sync/leader.ts';
import type { SyncEngine } from '../sync/sync-engine.ts';
import { callShared } from './guest.ts';
import { InOrder } from './in-order.ts';
import { LeaderTransport } from './leader-transport.ts';
import type { FollowerMessage, LeaderMessage } from './messages.ts';
import type { Port } from './port.ts';

interface Call {
  readonly method: SharedMethod | 'flush';
  readonly args: readonly unknown[];
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Unsaved {
  readonly transaction: PendingTransaction;
  readonly token: string | undefined;
}

interface Parts {
  readonly replica: Replica;
  readonly engine: SyncEngine;
}

export class Follower implements Leader {
  readonly transport = new LeaderTransport((message) => {
    if (this.#isJoined) this.#post(message);
  });
  /** Settles with the content of the first leader. */
  readonly content: Promise<readonly StorageEntry[]>;
  readonly #logger: Logger;
  readonly #incoming = new InOrder();
  readonly #calls = new Map<number, Call>();
  #settleContent: { resolve(content: readonly StorageEntry[]): void; reject(error: unknown): void } | undefined;
  #parts: Parts | undefined;
  #port: Port | undefined;
  /** Whether the leader at the port has been told everything. */
  #isJoined = false;
  #isLeaving = false;
  #watchesTraffic = false;
  /** Written here and not known to be durable, oldest first, with the token of the session in which it was. */
  #unsaved: Unsaved[] = [];
  /** Of the session that the leader knows of; null when it knows of none of ours. */
  #toldToken: string | undefined | null = null;
  #nextCall = 1;
  #stopWatching: () => void = () => undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.content = new Promise((resolve, reject) => (this.#settleContent = { resolve, reject }));
    this.content.catch(() => undefined);
  }

  /** The replica and the engine that follow. */
  attach(parts: Parts): void {
    this.#parts = parts;
    this.#stopWatching = parts.replica.onOperation((operation, isNews) => {
      if (!isNews || operation.kind !== 'append') return;
      this.#unsaved.push({ transaction: operation.transaction, token: parts.engine.session?.token });
      if (this.#isJoined) this.#post({ type: 'append', transaction: operation.transaction });
    });
    parts.engine.onConnectionOptionsChange((change) => {
      if ('token' in change && this.#isJoined && !this.#isLeaving) this.#tellSession(change.token);
    });
  }

  /** Follows whoever is at the other end of the line, in place of an earlier leader. */
  join(port: Port): void {
    this.#port?.close();
    this.#isJoined = false;
    this.#port = port;
    port.listen((message: LeaderMessage) => {
      if (port === this.#port) this.#receive(message);
    });
  }

  /** There is nobody to follow any more: does here what was asked of the last leader. `durable`: what is in memory is. */
  async lead(durable: Promise<void>): Promise<void> {
    this.#depart();
    this.#stopWatching();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    await durable;
    this.#unsaved = [];
    for (const { method, args, resolve, reject } of calls) {
      if (method === 'flush') resolve(undefined);
      else callShared(this.#parts!, method, args).then(resolve, reject);
    }
  }

  /** From now on what becomes of the session here is no concern of the others. */
  beginToLeave(): void {
    this.#isLeaving = true;
  }

  /** Takes leave of the leader, for good. */
  leave(): void {
    this.#depart();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { reject } of calls) reject(new TriplitError('The leader had not answered.', 'The client is closed.'));
  }

  #depart(): void {
    this.#post({ type: 'leave' });
    this.#port?.close();
    this.#port = undefined;
    this.#isJoined = false;
  }

  /** Settles when the leader has made durable what was written here so far. */
  async flush(): Promise<void> {
    if (this.#unsaved.length === 0) return;
    const saved = new Set(this.#unsaved);
    await this.call('flush', []);
    this.#unsaved = this.#unsaved.filter((transaction) => !saved.has(transaction));
  }

  call(method: SharedMethod | 'flush', args: readonly unknown[]): Promise<any> {
    return new Promise((resolve, reject) => {
      const number = this.#nextCall++;
      this.#calls.set(number, { method, args, resolve, reject });
      if (this.#isJoined) this.#post({ type: 'call', number, method, args });
    });
  }

  watchTraffic(): void {
    if (this.#watchesTraffic) return;
    this.#watchesTraffic = true;
    if (this.#isJoined) this.#post({ type: 'watchTraffic' });
  }

  #receive(message: LeaderMessage): void {
    if (message.type === 'refusal') {
      return this.#settleContent?.reject(
        new StorageError(`The tab that owns the data could not open it: ${message.reason}`),
      );
    }
    if (message.type === 'life') return;
    if (message.type === 'log') {
      const method = message.level.toLowerCase() as Lowercase<typeof message.level>;
      return this.#logger[method](message.message, message.attributes);
    }
    if (message.type !== 'welcome') {
      this.#incoming.push(() => this.#take(message));
      return;
    }
    const { content } = message;
    const first = this.#settleContent;
    this.#settleContent = undefined;
    first?.resolve(content);
    this.#incoming.push(async () => {
      const { replica } = this.#parts!;
      await replica.ready;
      const kept = first === undefined ? this.#stillPending().map(({ transaction }) => transaction) : [];
      if (first === undefined) await replica.adoptContent(content, kept);
      this.#joined();
    });
  }

  #joined(): void {
    this.#isJoined = true;
    this.#toldToken = null;
    this.#unsaved = this.#stillPending();
    for (const { transaction, token } of this.#unsaved) {
      this.#tellSession(token);
      this.#post({ type: 'append', transaction });
    }
    const session = this.#parts!.engine.session;
    if (session !== undefined) this.#tellSession(session.token);
    for (const [number, { method, args }] of this.#calls) this.#post({ type: 'call', number, method, args });
    if (this.#watchesTraffic) this.#post({ type: 'watchTraffic' });
    this.transport.found();
    this.#parts!.engine.hurry();
  }

  #take(message: Exclude<LeaderMessage, { type: 'welcome' | 'refusal' | 'life' | 'log' }>): unknown {
    const { engine } = this.#parts!;
    switch (message.type) {
      case 'operation':
        return engine.mirror(message.operation, false);
      case 'report':
        return engine.repeatReport(message.report);
      case 'traffic':
        return engine.repeatTraffic(message.traffic);
      case 'result':
        return this.#settleCall(message);
      case 'opened':
        return this.transport.opened();
      case 'message':
        return this.transport.received(message.message);
      case 'closed':
        return this.transport.closed(message.reason);
      case 'available':
        return engine.connectIfWanted();
      case 'sessionEnded':
        this.#logger.info('Another tab signed out or signed in as somebody else, so the session ends here as well.');
        this.#toldToken = undefined;
        return engine.endSession();
    }
  }

  #settleCall({ number, value, error }: Extract<LeaderMessage, { type: 'result' }>): void {
    const call = this.#calls.get(number);
    this.#calls.delete(number);
    if (error === undefined) call?.resolve(value);
    else call?.reject(TriplitError.fromJson(error));
  }

  /** What was settled meanwhile needs not be told any more. */
  #stillPending(): Unsaved[] {
    const pending = new Set(this.#parts!.replica.outbox.transactions().map(({ id }) => id));
    return this.#unsaved.filter(({ transaction }) => pending.has(transaction.id));
  }

  #tellSession(token: string | undefined): void {
    if (token === this.#toldToken) return;
    this.#toldToken = token;
    this.#post({ type: 'session', token });
  }

  #post(message: FollowerMessage): void {
    this.#port?.post(message);
  }
}
