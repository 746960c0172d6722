/**
 * The asynchronous key/value interface of storage adapters: keys are tuples, ordered component by component. Adapters of
 * this package carry a storage engine, which the database uses directly; anybody else's adapter works as well and is
 * mirrored in memory.
 */
import { HydratedEngine } from './hydrated-engine.ts';
import type { KVStore, Tuple } from './kv-types.ts';
import type { StorageEngine } from './port.ts';
import { keyOfTuple, tupleOfKey } from './tuple-key.ts';

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
    engine = mirrorOf(kv);
    foreignEngines.set(kv, engine);
  }
  return engine;
}

function mirrorOf(kv: KVStore): StorageEngine {
  return new HydratedEngine({
    async load(put) {
      for await (const [key, value] of kv.scan({ prefix: [] })) put(keyOfTuple(key), value);
    },
    encode: (_key, value) => value,
    async commit(edits) {
      const sets: [Tuple, unknown][] = [];
      const deletes: Tuple[] = [];
      for (const [key, value] of edits) {
        const tuple = tupleOfKey(key);
        if (value === undefined) deletes.push(tuple);
        else sets.push([tuple, value]);
      }
      await kv.applyEdits(sets, deletes);
    },
    // The store is its owner's to close.
    close: async () => undefined,
  });
}
