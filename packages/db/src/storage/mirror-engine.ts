/** The engine for a key/value store of somebody else, which is mirrored in memory and written behind. */
import { HydratedEngine } from './hydrated-engine.ts';
import type { KVStore, Tuple } from './kv-types.ts';
import { keyOfTuple, tupleOfKey } from './tuple-key.ts';

export class MirrorEngine extends HydratedEngine<unknown> {
  constructor(kv: KVStore) {
    super({
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
}
