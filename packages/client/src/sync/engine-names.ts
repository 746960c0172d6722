/** Names of `SyncEngine` that nothing here needs and programs written for version 1 may use. */
import type { CollectionQuery } from '@triplit/db';
import { RemoteSyncFailedError } from '../errors.ts';
import type { SessionKeeper } from '../session/session-keeper.ts';
import { ask } from './ask-server.ts';
import type { AskableEngine } from './ask-server.ts';
import { identifyQuery } from './query-identity.ts';
import type { QueryChannel, RemoteQuery, SyncStateCallback } from './query-channel.ts';
import { SyncEvents } from './sync-events.ts';

export abstract class EngineNames extends SyncEvents implements AskableEngine {
  protected abstract readonly channel: QueryChannel;
  protected abstract override readonly keeper: SessionKeeper;
  abstract readonly isLikelyToConnect: boolean;
  abstract subscribe(query: CollectionQuery, onState: SyncStateCallback): RemoteQuery;

  /** Begins a session with this token without connecting, or ends the session. */
  async assignSessionToken(token: string | undefined): Promise<void> {
    await this.keeper.start(token, false, undefined);
  }

  /**
   * Gets the server's answer to a query into the local database. Rejects with the server's refusal, or with
   * `RemoteSyncFailedError` when it cannot be reached or does not answer.
   */
  async syncQuery(query: CollectionQuery): Promise<void> {
    const outcome = await ask(this, query);
    if (typeof outcome === 'object') throw outcome.reason;
    if (outcome === 'answered') return;
    throw new RemoteSyncFailedError(
      outcome === 'late' ? 'The server did not answer in time.' : 'The client is not connected. Call connect first.',
    );
  }

  /** Withdraws a query, or the one with this id, from the server, whoever subscribed. It is not asked for again. */
  disconnectQuery(query: CollectionQuery | string): void {
    const { channel } = this;
    if (typeof query === 'string') return channel.disconnect(query);
    const { text } = identifyQuery(query);
    for (const entry of [...channel.queries.values()]) if (entry.text === text) channel.disconnect(entry.id);
  }
}
