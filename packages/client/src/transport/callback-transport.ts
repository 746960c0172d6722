/** What transports have in common that keep their callbacks themselves: the last ones that were attached count. */
import type { ClientSyncMessage, CloseReason } from '@triplit/db/sync';
import type { ConnectionStatus } from '../sync/connection-state.ts';
import type { SyncTransport, TransportConnectParams } from './transport.ts';

export abstract class CallbackTransport implements SyncTransport {
  abstract readonly connectionStatus: ConnectionStatus;
  protected tellOpen: () => void = () => undefined;
  protected tellMessage: (event: { data: string }) => void = () => undefined;
  protected tellClose: (event: { reason?: string }) => void = () => undefined;
  protected tellError: (error: unknown) => void = () => undefined;

  abstract connect(params: TransportConnectParams): void;
  abstract sendMessage(message: ClientSyncMessage): boolean;
  abstract close(reason?: CloseReason): void;

  get isOpen(): boolean {
    return this.connectionStatus === 'OPEN';
  }

  onOpen(callback: () => void): void {
    this.tellOpen = callback;
  }

  onMessage(callback: (event: { data: string }) => void): void {
    this.tellMessage = callback;
  }

  onClose(callback: (event: { reason?: string }) => void): void {
    this.tellClose = callback;
  }

  onError(callback: (error: unknown) => void): void {
    this.tellError = callback;
  }

  onConnectionChange(): void {}
}
