/**
 * Sync over one WebSocket, that of the global scope at the time of connecting. Messages that are too long for one frame
 * leave in pieces. A socket that was given up is detached: none of its events reaches anybody.
 */
import { closeReasonText, DEFAULT_CHUNK_LIMIT_BYTES, splitMessage } from '@triplit/db/sync';
import type { ClientSyncMessage, CloseReason } from '@triplit/db/sync';
import { WebSocketsUnavailableError } from '../errors.ts';
import type { ConnectionStatus } from '../sync/connection-state.ts';
import { webSocketUrl } from './websocket-url.ts';
import type { SyncTransport, TransportConnectParams } from './transport.ts';

export interface WebSocketTransportOptions {
  /** Longer messages are sent in pieces. Bytes; 0 turns that off, until the peer finds a frame too large. Default: 512 KiB. */
  readonly messagePayloadSizeLimit?: number;
}

const NORMAL_CLOSURE = 1000;
const MESSAGE_TOO_BIG = 1009;
const SMALLEST_SIZE_LIMIT_BYTES = 4096;
const CONNECTING = 0;
const OPEN = 1;
const STATUS: readonly ConnectionStatus[] = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];

export class WebSocketTransport implements SyncTransport {
  #sizeLimit: number;
  #socket: WebSocket | undefined;
  #isClosing = false;
  #closeReason: CloseReason | undefined;

  constructor({ messagePayloadSizeLimit = DEFAULT_CHUNK_LIMIT_BYTES }: WebSocketTransportOptions = {}) {
    this.#sizeLimit = messagePayloadSizeLimit;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === OPEN;
  }

  get connectionStatus(): ConnectionStatus {
    return this.#socket === undefined ? 'UNINITIALIZED' : STATUS[this.#socket.readyState]!;
  }

  /** Throws `WebSocketsUnavailableError` where there is no WebSocket. */
  connect(params: TransportConnectParams): void {
    if (typeof globalThis.WebSocket !== 'function') throw new WebSocketsUnavailableError();
    this.#abandon();
    this.#isClosing = false;
    this.#closeReason = undefined;
    this.#socket = new WebSocket(webSocketUrl(params));
  }

  sendMessage(message: ClientSyncMessage): boolean {
    if (this.#socket?.readyState !== OPEN) return false;
    for (const frame of splitMessage(JSON.stringify(message), this.#sizeLimit)) this.#socket.send(frame);
    return true;
  }

  close(reason?: CloseReason): void {
    this.#isClosing = true;
    this.#closeReason = reason;
    if (this.#socket === undefined) return;
    // Closing a socket that is still connecting makes browsers log an error; the open event ends it instead.
    if (this.#socket.readyState === CONNECTING) this.#socket.addEventListener('open', () => this.#closeNow());
    else this.#closeNow();
  }

  onOpen(callback: () => void): void {
    const socket = this.#socket;
    socket?.addEventListener('open', () => {
      if (socket === this.#socket && !this.#isClosing) callback();
    });
  }

  onMessage(callback: (event: { data: string }) => void): void {
    const socket = this.#socket;
    socket?.addEventListener('message', (event) => {
      if (socket === this.#socket) callback({ data: String(event.data) });
    });
  }

  onClose(callback: (event: { reason?: string }) => void): void {
    const socket = this.#socket;
    socket?.addEventListener('close', ({ code, reason }) => {
      if (code === MESSAGE_TOO_BIG) this.#sendSmallerFrames();
      if (socket === this.#socket) callback({ reason });
    });
  }

  onError(callback: (error: unknown) => void): void {
    const socket = this.#socket;
    socket?.addEventListener('error', (event) => {
      if (socket === this.#socket) callback(event);
    });
  }

  onConnectionChange(callback: (status: ConnectionStatus) => void): void {
    this.onOpen(() => callback('OPEN'));
    this.onClose(() => callback('CLOSED'));
  }

  /** The same frame would end every connection that follows. */
  #sendSmallerFrames(): void {
    this.#sizeLimit = Math.max(this.#sizeLimit / 2 || DEFAULT_CHUNK_LIMIT_BYTES, SMALLEST_SIZE_LIMIT_BYTES);
  }

  #closeNow(): void {
    this.#socket?.close(NORMAL_CLOSURE, this.#closeReason && closeReasonText(this.#closeReason));
  }

  #abandon(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket?.readyState === CONNECTING) socket.addEventListener('open', () => socket.close(NORMAL_CLOSURE));
    else socket?.close(NORMAL_CLOSURE);
  }
}
