/**
 * The whole content of a store, for a program that keeps a copy of another's. Indexes are left out: they follow from the
 * rows. So is the collection of metadata, in which each program keeps the schema that it was written for.
 */
import type { Row, RowChange } from '../changes/types.ts';
import { dataPrefix, encodeText } from '../entities/entity-keys.ts';
import { isDerivedKey } from '../storage/derived-keys.ts';
import type { StorageEdit, StorageEngine, StorageEntry } from '../storage/port.ts';
import { equalValue } from '../values/equal-values.ts';
import { decodeTuple } from '../values/key-encoding.ts';
import { METADATA_COLLECTION } from './check-writes.ts';

const ownMetadataPrefix = dataPrefix + encodeText(METADATA_COLLECTION);

export function contentOf(storage: StorageEngine): StorageEntry[] {
  return [...storage.range({})].filter(([key]) => !isDerivedKey(key));
}

/** What has to change so that the store holds this content. */
export function changesTo(
  content: readonly StorageEntry[],
  storage: StorageEngine,
): { readonly rowChanges: RowChange[]; readonly edits: StorageEdit[] } {
  const rowChanges: RowChange[] = [];
  const edits: StorageEdit[] = [];
  const wanted = new Map(content);
  const change = (key: string, prev: unknown, next: unknown): void => {
    if (key.startsWith(ownMetadataPrefix) || equalValue(prev, next)) return;
    if (!key.startsWith(dataPrefix)) return void edits.push({ key, value: next });
    const [, collection, id] = decodeTuple(key) as [string, string, string];
    rowChanges.push({ collection, id, prev: prev as Row | undefined, next: next as Row | undefined });
  };
  for (const [key, value] of contentOf(storage)) {
    change(key, value, wanted.get(key));
    wanted.delete(key);
  }
  for (const [key, value] of wanted) change(key, undefined, value);
  return { rowChanges, edits };
}
