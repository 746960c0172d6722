/**
 * The port through which sync messages travel. Invariant: no event fires synchronously inside `connect`, since the
 * client attaches its callbacks right after calling it; each connection gets callbacks of its own.
 */
import type { ClientSyncMessage, CloseReason } from '@triplit/db/sync';
import type { ConnectionStatus } from '../sync/connection-state.ts';

export interface TransportConnectParams {
  /** An http or https address. */
  readonly server: string;
  readonly token: string;
  /** Hash of the client's schema; the client never sends one. */
  readonly schema: number | undefined;
  readonly syncSchema?: boolean;
}

export interface SyncTransport {
  readonly isOpen: boolean;
  readonly connectionStatus: ConnectionStatus;
  /** Starts another connection; an earlier one is given up. */
  connect(params: TransportConnectParams): void;
  /** False when the message could not be sent. */
  sendMessage(message: ClientSyncMessage): boolean;
  close(reason?: CloseReason): void;
  onOpen(callback: () => void): void;
  onMessage(callback: (event: { data: string }) => void): void;
  /** `reason`: JSON of a close reason, or empty when the network was lost. */
  onClose(callback: (event: { reason?: string }) => void): void;
  onError(callback: (error: unknown) => void): void;
  /** @deprecated The client derives its status itself. */
  onConnectionChange(callback: (status: ConnectionStatus) => void): void;
}
