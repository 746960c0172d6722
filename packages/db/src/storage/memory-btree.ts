/** The key/value store in memory. Values are held by reference; nothing survives the process. */
import { encodeTuple } from '../values/key-encoding.ts';
import { EngineKVStore } from './engine-kv-store.ts';
import type { KVValue, Tuple } from './kv-types.ts';
import { MemoryEngine } from './memory/memory-engine.ts';

export { MemoryEngine } from './memory/memory-engine.ts';

export class BTreeKVStore extends EngineKVStore {
  /** Starts with the entries of `data`, or empty. Handing one store from database to database reopens its data. */
  constructor(data: Iterable<readonly [key: Tuple, value: KVValue]> = []) {
    const engine = new MemoryEngine();
    super(engine);
    void engine.write([...data].map(([key, value]) => ({ key: encodeTuple(key), value: value as unknown })));
  }
}
