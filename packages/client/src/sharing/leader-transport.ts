/** The transport of a follower: its connection is a share in the leader's. */
import type { ClientSyncMessage, CloseReason, ServerSyncMessage } from '@triplit/db/sync';
import { closeReasonText } from '@triplit/db/sync';
import type { ConnectionStatus } from '../sync/connection-state.ts';
import { CallbackTransport } from '../transport/callback-transport.ts';
import type { TransportConnectParams } from '../transport/transport.ts';
import type { FollowerMessage } from './messages.ts';

export class LeaderTransport extends CallbackTransport {
  readonly #post: (message: FollowerMessage) => void;
  #isWanted = false;
  connectionStatus: ConnectionStatus = 'UNINITIALIZED';

  /** `post` may drop messages while there is no leader. */
  constructor(post: (message: FollowerMessage) => void) {
    super();
    this.#post = post;
  }

  /** The leader knows the session already. */
  connect(_params: TransportConnectParams): void {
    this.connectionStatus = 'CONNECTING';
    this.#isWanted = true;
    this.#post({ type: 'connect' });
  }

  sendMessage(message: ClientSyncMessage): boolean {
    if (!this.isOpen) return false;
    this.#post({ type: 'send', message });
    return true;
  }

  close(reason?: CloseReason): void {
    if (!this.#isWanted) return;
    this.#isWanted = false;
    this.#post({ type: 'disconnect' });
    this.connectionStatus = 'CLOSING';
    queueMicrotask(() => {
      if (!this.#isWanted) this.closed(reason);
    });
  }

  // What the leader says

  /** There is a leader to ask, perhaps another one than before. */
  found(): void {
    if (!this.#isWanted) return;
    if (this.isOpen) this.closed();
    else this.#post({ type: 'connect' });
  }

  opened(): void {
    if (!this.#isWanted || this.isOpen) return;
    this.connectionStatus = 'OPEN';
    this.tellOpen();
    // The leader finds out whether the server changes rights in place.
    this.received({ type: 'READY', payload: { clientId: 'shared', features: ['reauthorize'] } });
  }

  received(message: ServerSyncMessage): void {
    if (this.isOpen) this.tellMessage({ data: JSON.stringify(message) });
  }

  closed(reason?: CloseReason): void {
    if (this.connectionStatus === 'CLOSED' || this.connectionStatus === 'UNINITIALIZED') return;
    this.#isWanted = false;
    this.connectionStatus = 'CLOSED';
    this.tellClose(reason === undefined ? {} : { reason: closeReasonText(reason) });
  }
}
