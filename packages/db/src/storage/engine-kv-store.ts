/** The key/value interface over a storage engine. Keys are encoded tuples, so that a scope is a prefix of the engine's keys. */
import { encodeTuple } from '../values/key-encoding.ts';
import { EngineKV } from './engine-kv.ts';
import { EngineKVTransaction } from './engine-kv-transaction.ts';
import type { EngineBacked, KVStore, KVValue, MaybeAsyncIterable, Tuple } from './kv-store.ts';
import type { StorageEdit, StorageEngine } from './port.ts';
import { ScopedEngine } from './scoped-engine.ts';

export class EngineKVStore extends EngineKV implements KVStore, EngineBacked {
  readonly engine: StorageEngine;

  constructor(engine: StorageEngine) {
    super();
    this.engine = engine;
  }

  scope(prefix: Tuple): EngineKVStore {
    return new EngineKVStore(new ScopedEngine(this.engine, encodeTuple(prefix)));
  }

  transact(): EngineKVTransaction {
    return new EngineKVTransaction(this.engine);
  }

  async applyEdits(sets: MaybeAsyncIterable<[Tuple, KVValue]>, deletes: MaybeAsyncIterable<Tuple>): Promise<void> {
    const edits: StorageEdit[] = [];
    for await (const key of deletes) edits.push({ key: encodeTuple(key), value: undefined });
    for await (const [key, value] of sets) edits.push({ key: encodeTuple(key), value });
    await (await this.opened()).write(edits);
  }

  /** Waits until everything is durable and releases what the store opened itself. */
  async close(): Promise<void> {
    await this.engine.close();
  }

  protected override async opened(): Promise<StorageEngine> {
    if (this.engine.ready !== undefined) await this.engine.ready;
    return this.engine;
  }
}
