/**
 * The transport of a client that may lead or follow: over the network, or to the leader. Until that is known a
 * connection is being made. A change of role looks like a network that was lost, so that the client connects again.
 */
import type { ClientSyncMessage, CloseReason } from '@triplit/db/sync';
import type { ConnectionStatus } from '../sync/connection-state.ts';
import type { SyncTransport, TransportConnectParams } from '../transport/transport.ts';

export class SharedTransport implements SyncTransport {
  #target: SyncTransport | undefined;
  /** Of the connection that is asked for; undefined when none is. */
  #params: TransportConnectParams | undefined;
  /** Of the target in use; what earlier ones still say is not heard. */
  #generation = 0;
  #onOpen: () => void = () => undefined;
  #onMessage: (event: { data: string }) => void = () => undefined;
  #onClose: (event: { reason?: string }) => void = () => undefined;
  #onError: (error: unknown) => void = () => undefined;

  get isOpen(): boolean {
    return this.connectionStatus === 'OPEN';
  }

  get connectionStatus(): ConnectionStatus {
    if (this.#target !== undefined) return this.#target.connectionStatus;
    return this.#params === undefined ? 'UNINITIALIZED' : 'CONNECTING';
  }

  /** The role is known, or has changed. */
  use(target: SyncTransport): void {
    const before = this.#target;
    const isWanted = this.#params !== undefined;
    this.#target = target;
    if (before === undefined) {
      if (isWanted) this.#begin();
      return;
    }
    this.#generation++;
    before.close();
    if (!isWanted) return;
    this.#params = undefined;
    this.#onClose({});
  }

  connect(params: TransportConnectParams): void {
    this.#params = params;
    if (this.#target !== undefined) this.#begin();
  }

  sendMessage(message: ClientSyncMessage): boolean {
    return this.#params !== undefined && this.#target?.sendMessage(message) === true;
  }

  close(reason?: CloseReason): void {
    if (this.#target !== undefined) return this.#target.close(reason);
    if (this.#params === undefined) return;
    this.#params = undefined;
    queueMicrotask(() => this.#onClose({}));
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

  onError(callback: (error: unknown) => void): void {
    this.#onError = callback;
  }

  onConnectionChange(): void {}

  #begin(): void {
    const generation = ++this.#generation;
    const target = this.#target!;
    const current = <A extends readonly unknown[]>(handle: (...args: A) => void) => {
      return (...args: A): void => {
        if (generation === this.#generation) handle(...args);
      };
    };
    target.connect(this.#params!);
    target.onOpen(current(() => this.#onOpen()));
    target.onMessage(current((event) => this.#onMessage(event)));
    target.onClose(
      current((event) => {
        this.#params = undefined;
        this.#onClose(event);
      }),
    );
    target.onError(current((error) => this.#onError(error)));
  }
}
