/**
 * The engine behind `SqliteWorkerKvStore`: memory in front, an SQLite file in a worker thread behind. Invariant: a write's
 * promise settles only when the thread has said that the file has it.
 */
import { Worker } from 'node:worker_threads';
import { HydratedEngine } from '../hydrated-engine.ts';
import type { Backing } from '../hydrated-engine.ts';
import type { StorageEdit, StorageKey } from '../port.ts';
import type { WorkerReply, WorkerRequest } from './messages.ts';

export class SqliteWorkerEngine extends HydratedEngine<unknown> {
  constructor(databasePath: string) {
    super(new SqliteWorkerBacking(databasePath));
  }
}

interface OpenRequest {
  readonly put: ((key: StorageKey, value: unknown) => void) | undefined;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

type RequestBody = { kind: 'load' } | { kind: 'write'; edits: readonly StorageEdit[] } | { kind: 'close' };

class SqliteWorkerBacking implements Backing<unknown> {
  readonly #worker: Worker;
  readonly #open = new Map<number, OpenRequest>();
  #requests = 0;
  #ended: Error | undefined;

  constructor(databasePath: string) {
    this.#worker = new Worker(new URL('./sqlite-thread.js', import.meta.url), { workerData: databasePath });
    // The thread keeps no process alive that has nothing else to do; a write that is awaited does.
    this.#worker.unref();
    this.#worker.on('message', (reply: WorkerReply) => this.#receive(reply));
    this.#worker.on('error', (error) => this.#end(error as Error));
    this.#worker.on('exit', () => this.#end(new Error('the SQLite thread has ended')));
  }

  load(put: (key: StorageKey, value: unknown) => void): Promise<void> {
    return this.#ask({ kind: 'load' }, put);
  }

  encode(_key: StorageKey, value: unknown): unknown {
    // Refused now rather than in the thread, where nobody would know which write it was.
    if (value !== undefined) JSON.stringify(value);
    return value;
  }

  commit(edits: ReadonlyMap<StorageKey, unknown>): Promise<void> {
    return this.#ask({ kind: 'write', edits: Array.from(edits, ([key, value]) => ({ key, value })) });
  }

  async close(): Promise<void> {
    if (this.#ended === undefined) await this.#ask({ kind: 'close' });
  }

  #ask(body: RequestBody, put?: OpenRequest['put']): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const request = ++this.#requests;
    return new Promise<void>((resolve, reject) => {
      this.#open.set(request, { put, resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ request, ...body } satisfies WorkerRequest);
    });
  }

  #receive(reply: WorkerReply): void {
    const open = this.#open.get(reply.request);
    if (open === undefined) return;
    if (reply.kind === 'entries') {
      for (const [key, value] of reply.entries) open.put?.(key, value);
      return;
    }
    this.#open.delete(reply.request);
    if (this.#open.size === 0) this.#worker.unref();
    if (reply.kind === 'done') open.resolve();
    else open.reject(new Error(reply.reason));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#open.values()) reject(this.#ended);
    this.#open.clear();
  }
}
