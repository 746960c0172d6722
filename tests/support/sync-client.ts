/**
 * A client of the sync protocol for tests: sends messages, keeps everything that comes back, and waits for what a test
 * expects next. The same over an in-process connection and over a socket.
 */
import { factsOfClaims } from '@triplit/server-core';
import type { Feature } from '@triplit/db/sync';
import type { Server } from '@triplit/server-core';
import { WebSocket } from 'ws';

export interface Message {
  readonly type: string;
  readonly payload: any;
}

const PATIENCE_MS = 2_000;

export class SyncClient {
  /** Everything received, in order. */
  readonly received: Message[] = [];
  /** Settles when the connection has been closed by the server. */
  readonly closed: Promise<{ code: number; reason: string }>;
  close: () => void = () => {};
  sendText: (text: string) => void = () => {};
  #read = 0;
  #wake: () => void = () => {};
  #reportClosed: (closed: { code: number; reason: string }) => void = () => {};

  constructor() {
    this.closed = new Promise((resolve) => (this.#reportClosed = resolve));
  }

  take(message: Message): void {
    this.received.push(message);
    this.#wake();
  }

  wasClosed(code: number, reason: string): void {
    this.#reportClosed({ code, reason });
  }

  send(type: string, payload?: unknown): void {
    this.sendText(JSON.stringify({ type, payload }));
  }

  /** The next message that was not read yet. Fails when none comes in time, or when it has another type. */
  async next(type?: string): Promise<any> {
    const deadline = Date.now() + PATIENCE_MS;
    while (this.#read >= this.received.length) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`No ${type ?? 'message'} came. Received so far: ${JSON.stringify(this.received)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const message = this.received[this.#read++]!;
    if (type !== undefined && message.type !== type)
      throw new Error(`Expected ${type} but got ${JSON.stringify(message)}`);
    return message.payload;
  }

  /** Fails when anything unread came, or comes within the time. */
  async expectSilence(ms = 30): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    const unread = this.received.slice(this.#read);
    if (unread.length > 0) throw new Error(`Expected nothing but got ${JSON.stringify(unread)}`);
  }

  /** Connects a query and gives the first data for it. */
  async query(id: string, params: unknown, state?: unknown): Promise<any> {
    this.send('CONNECT_QUERY', { id, params, ...(state === undefined ? {} : { state }) });
    return this.next('ENTITY_DATA');
  }

  /** Sends a change set of one collection. */
  write(collection: string, sets: Record<string, unknown>, deletes: readonly string[] = []): void {
    this.send('CHANGES', { changes: changesOf({ [collection]: { sets, deletes } }) });
  }
}

/** A change set in its wire form. */
export function changesOf(
  collections: Record<string, { sets?: Record<string, unknown>; deletes?: readonly string[] }>,
) {
  const json: Record<string, unknown> = {};
  const values: Record<string, unknown> = {};
  for (const [collection, { sets = {}, deletes = [] }] of Object.entries(collections)) {
    json[collection] = { sets: Object.entries(sets), deletes };
    values[`${collection}.sets`] = ['map'];
    values[`${collection}.deletes`] = ['set'];
  }
  return { json, meta: { values, v: 1 } };
}

export interface InProcessOptions {
  readonly schemaHash?: number;
  readonly expiresAt?: number;
  readonly features?: ReadonlySet<Feature>;
  readonly address?: string;
}

/** `token`: claims. The client is not ready yet; read `READY` first. */
export function connectInProcess(
  server: Server,
  token: Record<string, unknown>,
  options: InProcessOptions = {},
): SyncClient {
  const client = new SyncClient();
  const connection = server.openConnection(token, {
    clientSchemaHash: options.schemaHash,
    features: options.features,
    ...(options.address !== undefined && { address: options.address }),
    facts: options.expiresAt === undefined ? undefined : { ...factsOfClaims(token), expiresAt: options.expiresAt },
  });
  connection.attach({
    send: (frame) => client.take(JSON.parse(frame) as Message),
    close: (code, reason) => client.wasClosed(code, reason),
    bufferedBytes: () => 0,
  });
  client.sendText = (text) => void connection.receive(text);
  client.close = () => connection.close();
  void connection.start();
  return client;
}

/** Resolves when the socket is open, which says nothing about the token. */
export async function connectSocket(url: string): Promise<SyncClient> {
  const client = new SyncClient();
  const socket = new WebSocket(url);
  socket.on('message', (data: Buffer) => client.take(JSON.parse(data.toString()) as Message));
  socket.on('close', (code, reason) => client.wasClosed(code, reason.toString()));
  client.sendText = (text) => socket.send(text);
  client.close = () => socket.close(1000);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return client;
}
