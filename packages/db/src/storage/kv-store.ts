/**
 * The asynchronous key/value interface of storage adapters: keys are tuples, ordered component by component. Adapters of
 * this package carry a storage engine, which the database uses directly; anybody else's adapter works as well and is
 * mirrored in memory.
 */
import type { KVStore } from './kv-types.ts';
import { LateEngine } from './late-engine.ts';
import type { StorageEngine } from './port.ts';

/** A store that carries the engine below it. */
export interface EngineBacked {
  readonly engine: StorageEngine;
}

export type {
  CountOptions,
  KVStore,
  KVStoreAPI,
  KVStoreTransaction,
  KVValue,
  MaybeAsyncIterable,
  ScanOptions,
  Tuple,
  TupleItem,
} from './kv-types.ts';

const foreignEngines = new WeakMap<KVStore, StorageEngine>();

/** The engine below a store: the one it carries, or one that mirrors a foreign store in memory and writes behind to it. */
export function engineOf(kv: KVStore): StorageEngine {
  const carried = (kv as Partial<EngineBacked>).engine;
  if (carried !== undefined) return carried;
  let engine = foreignEngines.get(kv);
  if (engine === undefined) {
    engine = new LateEngine(import('./mirror-engine.ts').then(({ MirrorEngine }) => new MirrorEngine(kv)));
    foreignEngines.set(kv, engine);
  }
  return engine;
}
