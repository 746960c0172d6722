/**
 * The transport of a client that may lead or follow: over the network, or to the leader. Until that is known a
 * connection is being made. A change of role looks like a network that was lost, so that the client connects again.
 */
import type { ClientSyncMessage, CloseReason } from '@triplit/db/sync';
import type { ConnectionStatus } from '../sync/connection-state.ts';
import { CallbackTransport } from '../transport/callback-transport.ts';
import type { SyncTransport, TransportConnectParams } from '../transport/transport.ts';

export class SharedTransport extends CallbackTransport {
  #target: SyncTransport | undefined;
  /** Of the connection that is asked for; undefined when none is. */
  #params: TransportConnectParams | undefined;
  /** Of the target in use; what earlier ones still say is not heard. */
  #generation = 0;

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
    this.tellClose({});
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
    queueMicrotask(() => this.tellClose({}));
  }

  #begin(): void {
    const generation = ++this.#generation;
    const target = this.#target!;
    const current = <A extends readonly unknown[]>(handle: (...args: A) => void) => {
      return (...args: A): void => {
        if (generation === this.#generation) handle(...args);
      };
    };
    target.connect(this.#params!);
    target.onOpen(current(() => this.tellOpen()));
    target.onMessage(current((event) => this.tellMessage(event)));
    target.onClose(
      current((event) => {
        this.#params = undefined;
        this.tellClose(event);
      }),
    );
    target.onError(current((error) => this.tellError(error)));
  }
}
