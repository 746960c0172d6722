/**
 * Where the messages of one connection go: to the socket as text, to in-process listeners as objects. A message is turned
 * into each form only when somebody takes it.
 */
import type { ServerSyncMessage } from '@triplit/db/sync';

/** A socket, as far as a connection needs one. */
export interface Transport {
  send(frame: string): void;
  /** Starts the closing handshake. An empty reason lets the client reconnect. */
  close(code: number, reason: string): void;
  /** Bytes handed over that have not left yet. */
  bufferedBytes(): number;
}

export type MessageListener = (type: ServerSyncMessage['type'], payload: ServerSyncMessage['payload']) => void;

/** A message that knows a cheaper way to its text than serializing itself. */
export interface OutgoingMessage {
  readonly type: ServerSyncMessage['type'];
  payload(): ServerSyncMessage['payload'];
  text(): string;
}

export class Outlet {
  readonly #listeners = new Set<MessageListener>();
  #transport: Transport | undefined;

  addListener(listener: MessageListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  attach(transport: Transport): void {
    this.#transport = transport;
  }

  get bufferedBytes(): number {
    return this.#transport?.bufferedBytes() ?? 0;
  }

  send(message: OutgoingMessage): void {
    this.#transport?.send(message.text());
    if (this.#listeners.size === 0) return;
    const payload = message.payload();
    for (const listener of this.#listeners) listener(message.type, payload);
  }

  closeTransport(code: number, reason: string): void {
    this.#transport?.close(code, reason);
  }

  detach(): void {
    this.#listeners.clear();
    this.#transport = undefined;
  }
}

export function outgoing(message: ServerSyncMessage): OutgoingMessage {
  return { type: message.type, payload: () => message.payload, text: () => JSON.stringify(message) };
}
