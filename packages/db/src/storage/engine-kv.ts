/**
 * Reading and writing by tuple over an engine, the part that stores and transactions have in common. Nothing awaits while
 * a range of the engine is being walked: entries are taken page by page, so that others may read and write during a scan.
 */
import { encodeTuple } from '../values/key-encoding.ts';
import type { KVStoreAPI, KVValue, ScanOptions, Tuple } from './kv-types.ts';
import type { StorageEdit, StorageEngine, StorageEntry, StorageKey } from './port.ts';
import { tupleOfKey } from './tuple-key.ts';

const PAGE_SIZE = 256;

export abstract class EngineKV implements KVStoreAPI {
  /** The engine to read from and write to, once it can be. Rejects when it cannot. */
  protected abstract opened(): Promise<StorageEngine>;

  async get(key: Tuple, scope: Tuple = []): Promise<KVValue> {
    return (await this.opened()).get(encodeKey(scope, key));
  }

  async set(key: Tuple, value: KVValue, scope: Tuple = []): Promise<void> {
    await (await this.opened()).write([{ key: encodeKey(scope, key), value }]);
  }

  async delete(key: Tuple, scope: Tuple = []): Promise<void> {
    await (await this.opened()).write([{ key: encodeKey(scope, key), value: undefined }]);
  }

  async *scan({ prefix }: ScanOptions, scope: Tuple = []): AsyncGenerator<[Tuple, KVValue], void, undefined> {
    const start = encodeKey(scope, prefix);
    for await (const [key, value] of this.#entriesBelow(start)) {
      yield [tupleOfKey(key.slice(start.length)), value];
    }
  }

  async *scanValues({ prefix }: ScanOptions, scope: Tuple = []): AsyncGenerator<KVValue, void, undefined> {
    for await (const [, value] of this.#entriesBelow(encodeKey(scope, prefix))) yield value;
  }

  async count({ prefix }: ScanOptions, scope: Tuple = []): Promise<number> {
    const start = encodeKey(scope, prefix);
    return (await this.opened()).count({ gte: start, lt: prefixEnd(start) });
  }

  async clear(scope: Tuple = []): Promise<void> {
    const start = encodeTuple(scope);
    const engine = await this.opened();
    const edits: StorageEdit[] = [];
    for (const [key] of engine.range({ gte: start, lt: prefixEnd(start) })) edits.push({ key, value: undefined });
    await engine.write(edits);
  }

  async *#entriesBelow(start: StorageKey): AsyncGenerator<StorageEntry, void, undefined> {
    let after = start;
    for (;;) {
      const page = [...(await this.opened()).range({ gt: after, lt: prefixEnd(start), limit: PAGE_SIZE })];
      yield* page;
      if (page.length < PAGE_SIZE) return;
      after = page.at(-1)![0];
    }
  }
}

function encodeKey(scope: Tuple, key: Tuple): StorageKey {
  return scope.length === 0 ? encodeTuple(key) : encodeTuple(scope) + encodeTuple(key);
}

/** Greater than every encoded key that begins with the prefix. */
function prefixEnd(prefix: StorageKey): StorageKey {
  return `${prefix}\uffff`;
}
