/** The transport of a follower: its connection is a share in the leader's. */
import type { ClientSyncMessage, CloseReason, ServerSyncMessage } from '@triplit/db/sync';
import { closeReasonText } from '@triplit/db/sync';
import type { ConnectionStatus } from '../sync/connection-state.ts';
import type { SyncTransport, TransportConnectParams } from '../transport/transport.ts';
import type { FollowerMessage } from './messages.ts';

export class LeaderTransport implements SyncTransport {
  readonly #post: (message: FollowerMessage) => void;
  #isWanted = false;
  connectionStatus: ConnectionStatus = 'UNINITIALIZED';
  #onOpen: () => void = () => undefined;
  #onMessage: (event: { data: string }) => void = () => undefined;
  #onClose: (event: { reason?: string }) => void = () => undefined;

  /** `post` may drop messages while there is no leader. */
  constructor(post: (message: FollowerMessage) => void) {
    this.#post = post;
  }

  get isOpen(): boolean {
    return this.connectionStatus === 'OPEN';
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

  onOpen(callback: () => void): void {
    this.#onOpen = callback;
  }

  onMessage(callback: (event: { data: string }) => void): void {
    this.#onMessage = callback;
  }

  onClose(callback: (event: { reason?: string }) => void): void {
    this.#onClose = callback;
  }

  onError(): void {}

  onConnectionChange(): void {}

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
    this.#onOpen();
    // The leader finds out whether the server changes rights in place.
    this.received({ type: 'READY', payload: { clientId: 'shared', features: ['reauthorize'] } });
  }

  received(message: ServerSyncMessage): void {
    if (this.isOpen) this.#onMessage({ data: JSON.stringify(message) });
  }

  closed(reason?: CloseReason): void {
    if (this.connectionStatus === 'CLOSED' || this.connectionStatus === 'UNINITIALIZED') return;
    this.#isWanted = false;
    this.connectionStatus = 'CLOSED';
    this.#onClose(reason === undefined ? {} : { reason: closeReasonText(reason) });
  }
}
