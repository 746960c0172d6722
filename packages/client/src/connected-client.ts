/**
 * The part of the client that is about the connection: session, status, and what is heard of the server. Everything is
 * the sync engine's; here are the public names.
 */
import type { CollectionNameFromModels, Models } from '@triplit/db';
import type { TokenClaims } from './session/decode-token.ts';
import type { ConnectionOptionsChangeHandler } from './session/session-keeper.ts';
import type { TokenRefreshOptions } from './session/token-refresher.ts';
import type { ConnectionStatus } from './sync/connection-state.ts';
import type { OnMessageReceivedCallback, OnMessageSentCallback, OnSessionErrorCallback } from './sync/sync-events.ts';
import type { SyncEngine } from './sync/sync-engine.ts';
import type {
  EntitySyncErrorCallback,
  EntitySyncSuccessCallback,
  FailureToSyncWritesCallback,
} from './sync/write-reports.ts';
import { requireHttpUrl } from './transport/websocket-url.ts';

type Name<M extends Models> = CollectionNameFromModels<M>;

export abstract class ConnectedClient<M extends Models = Models> {
  abstract readonly syncEngine: SyncEngine;

  get token(): string | undefined {
    return this.syncEngine.session?.token;
  }

  get serverUrl(): string | undefined {
    return this.syncEngine.serverUrl;
  }

  /** The whole payload of the current token. */
  get decodedToken(): TokenClaims | undefined {
    return this.syncEngine.session?.claims;
  }

  get connectionStatus(): ConnectionStatus {
    return this.syncEngine.connectionStatus;
  }

  connect(): Promise<void> {
    return this.syncEngine.connect();
  }

  disconnect(): void {
    this.syncEngine.disconnect();
  }

  ping(): void {
    this.syncEngine.ping();
  }

  /** Closes an open connection; follow with `connect`. */
  updateServerUrl(serverUrl: string | undefined): void {
    if (serverUrl !== undefined) requireHttpUrl(serverUrl);
    this.syncEngine.updateServerUrl(serverUrl);
  }

  /**
   * Ends the current session and begins one with this token. Resolves, once connecting has begun, to a function that
   * stops refreshing the token; without `refreshOptions` to undefined. The same token again changes nothing.
   */
  async startSession(
    token: string | undefined,
    connect = true,
    refreshOptions?: TokenRefreshOptions,
  ): Promise<(() => void) | undefined> {
    return this.syncEngine.startSession(token, connect, refreshOptions);
  }

  /** Disconnects and forgets the token. Local data and unsent writes stay; `clear` removes them. */
  async endSession(): Promise<void> {
    this.syncEngine.endSession();
  }

  /** Puts a newer token of the same session in place, without interrupting the connection. */
  updateSessionToken(token: string): Promise<void> {
    return this.syncEngine.updateSessionToken(token);
  }

  /**
   * Takes whatever token the app has now: renews the session when it is of the same person in the same roles, begins
   * another session otherwise, ends it without a token. Rejects, changing nothing, when the token is unusable.
   */
  updateToken(token: string | null | undefined): Promise<void> {
    return this.syncEngine.adoptToken(token);
  }

  // Listeners: each returns a function that removes it

  onConnectionStatusChange(callback: (status: ConnectionStatus) => void, runImmediately = false): () => void {
    return this.syncEngine.onConnectionStatusChange(callback, runImmediately);
  }

  onConnectionOptionsChange(callback: ConnectionOptionsChangeHandler): () => void {
    return this.syncEngine.onConnectionOptionsChange(callback);
  }

  onSessionError(callback: OnSessionErrorCallback): () => void {
    return this.syncEngine.onSessionError(callback);
  }

  onSyncMessageReceived(callback: OnMessageReceivedCallback): () => void {
    return this.syncEngine.onSyncMessageReceived(callback);
  }

  onSyncMessageSent(callback: OnMessageSentCallback): () => void {
    return this.syncEngine.onSyncMessageSent(callback);
  }

  /** Called each time the server acknowledges a change of the entity. */
  onEntitySyncSuccess(collectionName: Name<M>, id: string, callback: EntitySyncSuccessCallback): () => void {
    return this.syncEngine.onEntitySyncSuccess(collectionName, id, callback);
  }

  /** Called when the server refuses a transaction that changes the entity, with the error and the change. */
  onEntitySyncError(collectionName: Name<M>, id: string, callback: EntitySyncErrorCallback): () => void {
    return this.syncEngine.onEntitySyncError(collectionName, id, callback);
  }

  /** Called once for each transaction that the server refuses. By default it has been rolled back by then. */
  onFailureToSyncWrites(callback: FailureToSyncWritesCallback): () => void {
    return this.syncEngine.onFailureToSyncWrites(callback);
  }
}
