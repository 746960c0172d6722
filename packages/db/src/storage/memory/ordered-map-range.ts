/**
 * Iteration over a range of an `OrderedMap`, in either direction. Keys may be added and removed meanwhile: an iteration
 * goes on behind the last key that it gave out.
 */
import type { StorageRange } from '../port.ts';
import { boundsOf } from '../range-bounds.ts';
import type { RangeBounds } from '../range-bounds.ts';
import { valueOf } from '../cell.ts';
import type { Leaf, Position } from './ordered-map-nodes.ts';

/** What an iteration needs of the map. */
interface SeekableMap<V> {
  /** Changes whenever keys are added or removed. */
  readonly revision: number;
  seekLower(bounds: RangeBounds): Position<V>;
  seekUpper(bounds: RangeBounds): Position<V>;
}

/** A place in a range that moves on one key at a time, and finds itself again when the tree changed meanwhile. */
class RangeCursor<V> {
  readonly #map: SeekableMap<V>;
  readonly #range: StorageRange;
  readonly #reverse: boolean;
  #remaining: number;
  #revision = -1;
  #leaf: Leaf<V> | undefined = undefined;
  #index = 0;
  /** Where the iteration ends: the last position that belongs to the range, valid for `#revision`. */
  #endLeaf: Leaf<V> | undefined = undefined;
  #endIndex = 0;
  #lastKey: string | undefined = undefined;
  #lastValue: V | undefined = undefined;

  constructor(map: SeekableMap<V>, range: StorageRange) {
    this.#map = map;
    this.#range = range;
    this.#reverse = range.reverse === true;
    this.#remaining = range.limit ?? Infinity;
  }

  /** The key and the value at the place that `advance` moved to. */
  get key(): string {
    return this.#lastKey!;
  }
  get value(): V {
    return this.#lastValue as V;
  }

  /** Moves on; false at the end. */
  advance(): boolean {
    if (!(this.#remaining > 0)) return false;
    if (this.#revision !== this.#map.revision) this.#seek();
    let leaf = this.#leaf;
    let index = this.#index;
    if (leaf === undefined) return this.finish();
    if (this.#reverse) {
      while (index < 0) {
        if (leaf === this.#endLeaf || leaf.previous === undefined) return this.finish();
        leaf = leaf.previous;
        index = leaf.keys.length - 1;
      }
      if (leaf === this.#endLeaf && index < this.#endIndex) return this.finish();
    } else {
      while (index >= leaf.keys.length) {
        if (leaf === this.#endLeaf || leaf.next === undefined) return this.finish();
        leaf = leaf.next;
        index = 0;
      }
      if (leaf === this.#endLeaf && index > this.#endIndex) return this.finish();
    }
    this.#leaf = leaf;
    this.#index = this.#reverse ? index - 1 : index + 1;
    this.#lastKey = leaf.keys[index]!;
    const stored = leaf.values[index]!;
    this.#lastValue = leaf.hasCells ? valueOf(stored) : (stored as V);
    this.#remaining--;
    return true;
  }

  finish(): false {
    this.#remaining = 0;
    this.#leaf = this.#endLeaf = undefined;
    return false;
  }

  /** Positions the cursor at its start, or just after the last key given out when the tree changed meanwhile. */
  #seek(): void {
    this.#revision = this.#map.revision;
    const range = this.#range;
    const lastKey = this.#lastKey;
    const reverse = this.#reverse;
    let rest = range;
    if (lastKey !== undefined) {
      rest = reverse ? { ...range, lt: lastKey, lte: undefined } : { ...range, gt: lastKey, gte: undefined };
    }
    const bounds = boundsOf(rest);
    if (bounds === undefined) {
      this.#leaf = undefined;
      return;
    }
    const lower = this.#map.seekLower(bounds);
    const upper = this.#map.seekUpper(bounds);
    const [start, end] = reverse ? [upper, lower] : [lower, upper];
    this.#leaf = start.leaf;
    this.#index = start.index;
    this.#endLeaf = end.leaf;
    this.#endIndex = end.index;
  }
}

export class EntryIterator<V> implements IterableIterator<[key: string, value: V]> {
  readonly #cursor: RangeCursor<V>;

  constructor(map: SeekableMap<V>, range: StorageRange) {
    this.#cursor = new RangeCursor(map, range);
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<[key: string, value: V]> {
    const cursor = this.#cursor;
    return cursor.advance() ? { done: false, value: [cursor.key, cursor.value] } : { done: true, value: undefined };
  }

  return(): IteratorResult<[key: string, value: V]> {
    this.#cursor.finish();
    return { done: true, value: undefined };
  }
}

export class ValueIterator<V> implements IterableIterator<V> {
  readonly #cursor: RangeCursor<V>;

  constructor(map: SeekableMap<V>, range: StorageRange) {
    this.#cursor = new RangeCursor(map, range);
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<V> {
    const cursor = this.#cursor;
    return cursor.advance() ? { done: false, value: cursor.value } : { done: true, value: undefined };
  }

  return(): IteratorResult<V> {
    this.#cursor.finish();
    return { done: true, value: undefined };
  }
}
