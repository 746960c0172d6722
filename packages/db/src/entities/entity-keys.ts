/**
 * Where the parts of a database live in the ordered key space. Every key is an encoded tuple, so a prefix of the tuple
 * is a prefix of the key, and tuples order as their keys do.
 */
import { encodeTuple } from '../values/key-encoding.ts';

export { indexCatalogPrefix, indexPrefix } from '../storage/derived-keys.ts';

// oxlint-disable-next-line no-control-regex -- these characters are what the key encoding escapes
const hasEscapable = /[\u0000-\u0002]/;

/** The encoded form of a single string component; equal to `encodeTuple([text])`. */
export function encodeText(text: string): string {
  return hasEscapable.test(text) ? encodeTuple([text]) : `f${text}\u0001`;
}

/** Greater than every key that starts with `prefix`. */
export const prefixEnd = (prefix: string): string => `${prefix}\uffff`;

export const dataPrefix = encodeTuple(['data']);
export const metadataPrefix = encodeTuple(['metadata']);
export const outboxPrefix = encodeTuple(['outbox']);
export const basePrefix = encodeTuple(['base']);
/** Values of `setMetadata`. */
export const privateMetadataPrefix = encodeTuple(['_metadata']);
export const highestTimestampKey = encodeTuple(['metadata', 'highestTimestamp']);
/** The number of the format that everything else is in. */
export const formatKey = encodeTuple(['format']);
/** Up to when compaction may have dropped tombstones and removed members. */
export const horizonKey = encodeTuple(['horizon']);
export const clockLeaseKey = encodeTuple(['clock', 'lease']);

/** Builds keys `prefix + collection + id`, remembering the encoded collection. */
export class EntityKeys {
  readonly #prefix: string;
  readonly #collections = new Map<string, string>();
  /** The collection of the last key, and how keys of its entities start. */
  #recent: string | undefined = undefined;
  #recentStart = '';

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  collection(collection: string): string {
    let key = this.#collections.get(collection);
    if (key === undefined) {
      key = this.#prefix + encodeText(collection);
      this.#collections.set(collection, key);
    }
    return key;
  }

  entity(collection: string, id: string): string {
    if (hasEscapable.test(id)) return this.collection(collection) + encodeTuple([id]);
    if (collection !== this.#recent) {
      this.#recent = collection;
      this.#recentStart = `${this.collection(collection)}f`;
    }
    return `${this.#recentStart}${id}\u0001`;
  }
}
