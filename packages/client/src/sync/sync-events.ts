/** What a sync engine tells whoever listens. Every method returns a function that removes the listener. */
import type { ClientSyncMessage, CloseReason, ServerSyncMessage, SessionErrorType } from '@triplit/db/sync';
import type { Logger } from '@triplit/logger';
import { callSafely, Listeners } from '../listeners.ts';
import type { ConnectionOptionsChangeHandler, SessionKeeper } from '../session/session-keeper.ts';
import type { ConnectionStatus } from './connection-state.ts';
import type { Leader } from './leader.ts';
import { WriteReports } from './write-reports.ts';
import type {
  EntitySyncErrorCallback,
  EntitySyncSuccessCallback,
  FailureToSyncWritesCallback,
  WriteReport,
} from './write-reports.ts';

export type OnMessageReceivedCallback = (message: ServerSyncMessage) => void;
export type OnMessageSentCallback = (message: ClientSyncMessage) => void;
export type SessionError = SessionErrorType;
export type OnSessionErrorCallback = (type: SessionError) => void;

/** A message between the server and whoever talks to it. */
export type Traffic =
  | { readonly direction: 'received'; readonly message: ServerSyncMessage }
  | { readonly direction: 'sent'; readonly message: ClientSyncMessage };

export interface ClearListener {
  before(): void;
  after(): void;
}

export abstract class SyncEvents {
  protected readonly statusListeners: Listeners<[ConnectionStatus]>;
  protected readonly receivedListeners: Listeners<[ServerSyncMessage]>;
  protected readonly sentListeners: Listeners<[ClientSyncMessage]>;
  protected readonly readinessListeners: Listeners<[isReady: boolean, reason: CloseReason | undefined]>;
  protected readonly reports: WriteReports;
  /** Undefined in a program that talks to the server itself. */
  protected leader: Leader | undefined;
  protected isTrafficWatched = false;
  protected readonly clearListeners = new Set<ClearListener>();

  protected abstract readonly keeper: Pick<SessionKeeper, 'onOptionsChange' | 'onSessionError'>;
  readonly #logger: Logger;

  /** `stored` settles when everything written so far is durable. */
  constructor(logger: Logger, stored: () => Promise<void>) {
    this.#logger = logger;
    this.statusListeners = new Listeners('onConnectionStatusChange', logger);
    this.receivedListeners = new Listeners('onSyncMessageReceived', logger);
    this.sentListeners = new Listeners('onSyncMessageSent', logger);
    this.readinessListeners = new Listeners('onReadiness', logger);
    this.reports = new WriteReports(logger, stored);
  }

  abstract get connectionStatus(): ConnectionStatus;

  onConnectionStatusChange(callback: (status: ConnectionStatus) => void, runImmediately = false): () => void {
    if (runImmediately) callSafely(() => callback(this.connectionStatus), 'onConnectionStatusChange', this.#logger);
    return this.statusListeners.add(callback);
  }

  onConnectionOptionsChange(callback: ConnectionOptionsChangeHandler): () => void {
    return this.keeper.onOptionsChange.add(callback);
  }

  onSessionError(callback: OnSessionErrorCallback): () => void {
    return this.keeper.onSessionError.add(callback);
  }

  onSyncMessageReceived(callback: OnMessageReceivedCallback): () => void {
    this.#watchTraffic();
    return this.receivedListeners.add(callback);
  }

  onSyncMessageSent(callback: OnMessageSentCallback): () => void {
    this.#watchTraffic();
    return this.sentListeners.add(callback);
  }

  onEntitySyncSuccess(collection: string, id: string, callback: EntitySyncSuccessCallback): () => void {
    return this.reports.onEntitySuccess.add(collection, id, callback);
  }

  onEntitySyncError(collection: string, id: string, callback: EntitySyncErrorCallback): () => void {
    return this.reports.onEntityError.add(collection, id, callback);
  }

  onFailureToSyncWrites(callback: FailureToSyncWritesCallback): () => void {
    return this.reports.onFailure.add(callback);
  }

  /** What a follower and its leader say to each other is nobody's business; the leader tells what the server says. */
  protected tellTraffic(traffic: Traffic): void {
    if (this.leader === undefined) this.repeatTraffic(traffic);
  }

  #watchTraffic(): void {
    this.isTrafficWatched = true;
    this.leader?.watchTraffic();
  }

  /** Tells the listeners here what was said by another program to the server, or to it. */
  repeatTraffic(traffic: Traffic): void {
    if (traffic.direction === 'received') this.receivedListeners.emit(traffic.message);
    else this.sentListeners.emit(traffic.message);
  }

  /** Called with every acknowledgement and refusal of a write. */
  onWriteReport(callback: (report: WriteReport) => void): () => void {
    return this.reports.onReport.add(callback);
  }

  /** Called when messages can be sent to the server, and when they no longer can, with the server's reason if it gave one. */
  onReadiness(callback: (isReady: boolean, reason: CloseReason | undefined) => void): () => void {
    return this.readinessListeners.add(callback);
  }

  /** For live queries: told before and after the replica is cleared. */
  onClear(listener: ClearListener): () => void {
    this.clearListeners.add(listener);
    return () => void this.clearListeners.delete(listener);
  }
}
