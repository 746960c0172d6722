/**
 * Sync without a WebSocket, for places where only plain HTTP gets through: the server's messages are events of one
 * response that does not end, the client's are requests, one after the other so that they keep their order. What cannot
 * be sent ends the connection, and the client makes another.
 */
import { closeReasonText, DEFAULT_CHUNK_LIMIT_BYTES, splitMessage } from '@triplit/db/sync';
import type { ClientSyncMessage, CloseReason } from '@triplit/db/sync';
import type { ConnectionStatus } from '../sync/connection-state.ts';
import { readEvents } from './event-stream.ts';
import { handshakeQuery, requireHttpUrl } from './websocket-url.ts';
import type { SyncTransport, TransportConnectParams } from './transport.ts';

export interface HttpTransportOptions {
  /** Longer messages are sent in pieces. Bytes; 0 turns that off. Default: 512 KiB. */
  readonly messagePayloadSizeLimit?: number;
}

export class HttpTransport implements SyncTransport {
  readonly #sizeLimit: number;
  #line: Line | undefined;

  constructor({ messagePayloadSizeLimit = DEFAULT_CHUNK_LIMIT_BYTES }: HttpTransportOptions = {}) {
    this.#sizeLimit = messagePayloadSizeLimit;
  }

  get isOpen(): boolean {
    return this.connectionStatus === 'OPEN';
  }

  get connectionStatus(): ConnectionStatus {
    return this.#line?.status ?? 'UNINITIALIZED';
  }

  connect(params: TransportConnectParams): void {
    requireHttpUrl(params.server);
    this.#line?.abandon();
    this.#line = new Line(params);
  }

  sendMessage(message: ClientSyncMessage): boolean {
    if (this.#line?.status !== 'OPEN') return false;
    // The server takes the newer token from here on, and the older one may expire at any time.
    if (message.type === 'UPDATE_TOKEN') this.#line.token = message.payload.token;
    for (const frame of splitMessage(JSON.stringify(message), this.#sizeLimit)) this.#line.send(frame);
    return true;
  }

  close(reason?: CloseReason): void {
    this.#line?.close(reason && closeReasonText(reason));
  }

  onOpen(callback: () => void): void {
    if (this.#line) this.#line.onOpen = callback;
  }

  onMessage(callback: (event: { data: string }) => void): void {
    if (this.#line) this.#line.onMessage = callback;
  }

  onClose(callback: (event: { reason?: string }) => void): void {
    if (this.#line) this.#line.onClose = callback;
  }

  onError(callback: (error: unknown) => void): void {
    if (this.#line) this.#line.onError = callback;
  }

  onConnectionChange(callback: (status: ConnectionStatus) => void): void {
    if (this.#line) this.#line.onStatus = callback;
  }
}

/** One connection, from its request to its end. Calls nobody once it was abandoned, and `onClose` once otherwise. */
class Line {
  status: ConnectionStatus = 'CONNECTING';
  token: string;
  onOpen: () => void = () => undefined;
  onMessage: (event: { data: string }) => void = () => undefined;
  onClose: (event: { reason?: string }) => void = () => undefined;
  onError: (error: unknown) => void = () => undefined;
  onStatus: (status: ConnectionStatus) => void = () => undefined;
  readonly #server: string;
  readonly #abort = new AbortController();
  /** The server's name for the connection, from READY; nothing may be sent before that. */
  #clientId: string | undefined;
  #lastSent: Promise<void> = Promise.resolve();

  constructor(params: TransportConnectParams) {
    this.token = params.token;
    this.#server = params.server.replace(/\/+$/, '');
    this.#listen(`${this.#server}/message-events?${handshakeQuery(params)}`).then(
      (reason) => this.#end(reason),
      (error: unknown) => this.#fail(error),
    );
  }

  send(frame: string): void {
    this.#lastSent = this.#lastSent.then(() => this.#post(frame)).catch((error: unknown) => this.#fail(error));
  }

  close(reason = ''): void {
    if (this.status === 'CLOSED') return;
    this.status = 'CLOSING';
    this.#abort.abort();
    // Not in the same turn, as with a socket.
    queueMicrotask(() => this.#end(reason));
  }

  abandon(): void {
    this.status = 'CLOSED';
    this.#abort.abort();
  }

  /** Settles with the reason that the server gave for ending the stream. */
  async #listen(url: string): Promise<string> {
    const { signal } = this.#abort;
    const response = await fetch(url, { headers: { Accept: 'text/event-stream' }, cache: 'no-store', signal });
    if (!response.ok || response.body === null) throw new Error(`The server answered with status ${response.status}.`);
    if (this.status === 'CONNECTING') {
      this.status = 'OPEN';
      this.onOpen();
      this.onStatus('OPEN');
    }
    for await (const { type, data } of readEvents(response.body)) {
      if (type === 'close') return data;
      if (this.status !== 'OPEN') continue;
      this.#clientId ??= clientIdIn(data);
      this.onMessage({ data });
    }
    return '';
  }

  async #post(frame: string): Promise<void> {
    if (this.status !== 'OPEN') return;
    const response = await fetch(`${this.#server}/message`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${this.token}`, 'Content-Type': 'application/json' },
      body: `{"message":${frame},"options":${JSON.stringify({ clientId: this.#clientId })}}`,
      signal: this.#abort.signal,
    });
    if (!response.ok) throw new Error(`The server answered a message with status ${response.status}.`);
    await response.arrayBuffer();
  }

  #fail(error: unknown): void {
    if (this.status === 'CONNECTING' || this.status === 'OPEN') this.onError(error);
    this.#end('');
  }

  #end(reason: string): void {
    if (this.status === 'CLOSED') return;
    this.abandon();
    this.onClose({ reason });
    this.onStatus('CLOSED');
  }
}

function clientIdIn(text: string): string | undefined {
  const { type, payload } = JSON.parse(text) as { type?: string; payload?: { clientId?: string } };
  return type === 'READY' ? payload?.clientId : undefined;
}
