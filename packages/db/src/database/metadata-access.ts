/** Private metadata for those who build on a database: read and written at once, past its handles. It must be open. */
import { prefixEnd } from '../entities/entity-keys.ts';
import { metadataEdits, metadataKey } from '../entities/private-metadata.ts';
import type { MetadataEntry } from '../entities/private-metadata.ts';
import { engineOf } from '../storage/kv-store.ts';
import type { KVStore } from '../storage/kv-store.ts';

export function readMetadata(kv: KVStore, key: readonly string[]): unknown {
  return engineOf(kv).get(metadataKey(key));
}

/** The first values whose keys begin with `prefix`, in the order of their keys; if `before` is given, only those below. */
export function listMetadata(kv: KVStore, prefix: readonly string[], limit: number, before?: string): unknown[] {
  const gt = metadataKey(prefix);
  const lt = before === undefined ? prefixEnd(gt) : metadataKey([...prefix, before]);
  return Array.from(engineOf(kv).range({ gt, lt, limit }), ([, value]) => value);
}

/** Writes all entries in one step. Settles when they are durable. */
export function writeMetadata(kv: KVStore, entries: readonly MetadataEntry[]): Promise<void> {
  return engineOf(kv).write(metadataEdits(entries));
}
