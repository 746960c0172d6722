/**
 * A map from strings to values in UTF-16 code-unit order: a B+ tree with linked leaves.
 * Invariant: every leaf except a lone root holds at least one key, all leaves have one depth, and keys ascend along the
 * chain of leaves. Nodes may be thinly filled after deletes: neighbours merge when both fit comfortably into one.
 */
import { Cell, valueOf } from '../cell.ts';
import type { StorageRange } from '../port.ts';
import { boundsOf } from '../range-bounds.ts';
import type { RangeBounds } from '../range-bounds.ts';
import { Branch, Leaf } from './ordered-map-nodes.ts';
import type { Position } from './ordered-map-nodes.ts';
import { EntryIterator, ValueIterator } from './ordered-map-range.ts';

/** Most keys of a leaf, and most children of a branch. */
const NODE_CAPACITY = 64;
/** A run of more keys than this is put in leaf by leaf. */
export const MIN_RUN = 16;
/** A node with fewer entries than this looks for a neighbour to merge with… */
const MERGE_BELOW = 16;
/** …and merges when the result has no more entries than this, so that the next insert does not split it again. */
const MERGED_AT_MOST = 48;

type Node<V> = Leaf<V> | Branch<V>;

export class OrderedMap<V> {
  #root: Node<V> = new Leaf<V>();
  #first: Leaf<V>;
  #last: Leaf<V>;
  #size = 0;
  /** Counts changes of structure (keys added or removed), so that a running iteration notices and seeks again. */
  #revision = 0;
  /** The leaf of the last search and the keys that belong to it: searches often come in the order of keys. */
  #recent: Leaf<V> | undefined = undefined;
  #recentFrom = '';
  #recentTo: string | undefined = undefined;

  constructor() {
    this.#first = this.#last = this.#root as Leaf<V>;
  }

  get size(): number {
    return this.#size;
  }

  get revision(): number {
    return this.#revision;
  }

  has(key: string): boolean {
    const { keys } = this.#leafFor(key);
    return keys[lowerBound(keys, key)] === key;
  }

  get(key: string): V | undefined {
    const leaf = this.#leafFor(key);
    const index = lowerBound(leaf.keys, key);
    return leaf.keys[index] === key ? valueOf(leaf.values[index]!) : undefined;
  }

  /** Where the value of a key is kept. Whoever holds it may replace the value for as long as the key is there. */
  cell(key: string): Cell<V> | undefined {
    const leaf = this.#leafFor(key);
    const index = lowerBound(leaf.keys, key);
    if (leaf.keys[index] !== key) return undefined;
    const stored = leaf.values[index]!;
    if (stored instanceof Cell) return stored;
    leaf.hasCells = true;
    return (leaf.values[index] = new Cell(stored));
  }

  /** `endsLeaf`: what comes behind a key that is added goes to a leaf of its own. */
  set(key: string, value: V, endsLeaf = false): void {
    const leaf = this.#leafFor(key);
    const index = lowerBound(leaf.keys, key);
    if (leaf.keys[index] === key) {
      const stored = leaf.values[index];
      if (stored instanceof Cell) stored.value = value;
      else leaf.values[index] = value;
      return;
    }
    this.#revision++;
    this.#size++;
    if (!endsLeaf && leaf.keys.length < NODE_CAPACITY) {
      insertAt(leaf.keys, index, key);
      insertAt(leaf.values, index, value);
      return;
    }
    this.#recent = undefined;
    const sibling = this.#insert(this.#root, key, value, endsLeaf);
    if (sibling === undefined) return;
    const root = new Branch<V>();
    root.separators.push(sibling.separator);
    root.children.push(this.#root, sibling.node);
    this.#root = root;
  }

  /**
   * Adds entries from `from` on that ascend and belong between two neighbouring keys of the map, without a search for
   * each, as many as one leaf takes. Returns their number; 0 when it seems to be no run, then nothing is added.
   */
  insertRun(entries: readonly { readonly key: string; readonly value: V | undefined }[], from: number): number {
    const ahead = entries[from + MIN_RUN]?.key;
    let { key, value } = entries[from]!;
    if (ahead === undefined || value === undefined) return 0;
    const next = entries[from + 1]!.key;
    if (next <= key || ahead <= next) return 0;
    let leaf = this.#leafFor(key);
    const place = lowerBound(leaf.keys, key);
    const following = place < leaf.keys.length ? leaf.keys[place] : this.#recentTo;
    if (following !== undefined && (key === following || ahead >= following)) return 0;
    this.set(key, value, true);
    leaf = this.#leafFor(key);
    let to = from + 1;
    for (; to < entries.length && leaf.keys.length < NODE_CAPACITY; to++) {
      const last = key;
      ({ key, value } = entries[to]!);
      if (value === undefined || key <= last || (following !== undefined && key >= following)) break;
      leaf.keys.push(key);
      leaf.values.push(value);
      this.#size++;
    }
    return to - from;
  }

  delete(key: string): boolean {
    if (!this.has(key)) return false;
    this.#revision++;
    this.#size--;
    this.#recent = undefined;
    this.#remove(this.#root, key);
    while (this.#root instanceof Branch && this.#root.children.length === 1) this.#root = this.#root.children[0]!;
    if (this.#size === 0) this.#reset();
    return true;
  }

  clear(): void {
    this.#size = 0;
    this.#revision++;
    this.#reset();
  }

  /** Entries of the range in its direction. Keys added or removed meanwhile ahead of the iteration are seen or missed accordingly. */
  range(range: StorageRange): IterableIterator<[key: string, value: V]> {
    return new EntryIterator(this, range);
  }

  /** The values of the range in its direction, without their keys. */
  values(range: StorageRange): IterableIterator<V> {
    return new ValueIterator(this, range);
  }

  /** The number of keys in the range, at most `cap`; whole leaves are counted without looking at their keys. */
  count(range: StorageRange, cap: number = Infinity): number {
    const limit = Math.min(cap, range.limit ?? Infinity);
    if (!(limit > 0)) return 0;
    if (range.lt === undefined && range.lte === undefined && range.gt === undefined && range.gte === undefined) {
      return Math.min(this.size, limit);
    }
    const bounds = boundsOf(range);
    if (bounds === undefined) return 0;
    const from = this.seekLower(bounds);
    const to = this.seekUpper(bounds);
    let counted = -from.index;
    let leaf = from.leaf;
    while (leaf !== to.leaf) {
      counted += leaf.keys.length;
      if (counted >= limit) return limit;
      leaf = leaf.next!;
    }
    return Math.max(0, Math.min(counted + to.index + 1, limit));
  }

  /** The position of the first key within the lower bound; its index may equal the leaf's size at the end of a leaf. */
  seekLower({ lower, lowerInclusive }: RangeBounds): Position<V> {
    if (lower === '' && lowerInclusive) return { leaf: this.#first, index: 0 };
    const leaf = this.#leafFor(lower);
    return { leaf, index: lowerInclusive ? lowerBound(leaf.keys, lower) : upperBound(leaf.keys, lower) };
  }

  /** The position of the last key within the upper bound; its index may be -1 at the start of a leaf. */
  seekUpper({ upper, upperInclusive }: RangeBounds): Position<V> {
    if (upper === undefined) return { leaf: this.#last, index: this.#last.keys.length - 1 };
    const leaf = this.#leafFor(upper);
    return { leaf, index: (upperInclusive ? upperBound(leaf.keys, upper) : lowerBound(leaf.keys, upper)) - 1 };
  }

  #reset(): void {
    this.#recent = undefined;
    this.#root = this.#first = this.#last = new Leaf<V>();
  }

  #leafFor(key: string): Leaf<V> {
    const recent = this.#recent;
    if (recent !== undefined && key >= this.#recentFrom && (this.#recentTo === undefined || key < this.#recentTo))
      return recent;
    let node = this.#root;
    let from = '';
    let to: string | undefined;
    while (node instanceof Branch) {
      const index = upperBound(node.separators, key);
      if (index > 0) from = node.separators[index - 1]!;
      if (index < node.separators.length) to = node.separators[index];
      node = node.children[index]!;
    }
    this.#recent = node;
    this.#recentFrom = from;
    this.#recentTo = to;
    return node;
  }

  /** Inserts an absent key below the node. Returns the node's new right sibling when it had to split. */
  #insert(node: Node<V>, key: string, value: V, endsLeaf: boolean): Split<V> | undefined {
    if (node instanceof Leaf) {
      const index = lowerBound(node.keys, key);
      insertAt(node.keys, index, key);
      insertAt(node.values, index, value);
      const size = node.keys.length;
      if (endsLeaf && index + 1 < size) return this.#splitLeaf(node, index + 1);
      return size > NODE_CAPACITY ? this.#splitLeaf(node, splitPoint(size, index)) : undefined;
    }
    const index = upperBound(node.separators, key);
    const sibling = this.#insert(node.children[index]!, key, value, endsLeaf);
    if (sibling === undefined) return undefined;
    insertAt(node.separators, index, sibling.separator);
    insertAt(node.children, index + 1, sibling.node);
    if (node.children.length <= NODE_CAPACITY) return undefined;
    const right = new Branch<V>();
    const at = splitPoint(node.children.length, index + 1);
    right.children = node.children.splice(at);
    right.separators = node.separators.splice(at);
    return { separator: node.separators.pop()!, node: right };
  }

  #splitLeaf(leaf: Leaf<V>, at: number): Split<V> {
    const right = new Leaf<V>();
    right.keys = leaf.keys.splice(at);
    right.values = leaf.values.splice(at);
    right.hasCells = leaf.hasCells;
    right.previous = leaf;
    right.next = leaf.next;
    if (leaf.next === undefined) this.#last = right;
    else leaf.next.previous = right;
    leaf.next = right;
    return { separator: right.keys[0]!, node: right };
  }

  /** Removes a present key below the node. The caller drops or merges the node when it became too thin. */
  #remove(node: Node<V>, key: string): void {
    if (node instanceof Leaf) {
      const index = lowerBound(node.keys, key);
      node.keys.splice(index, 1);
      node.values.splice(index, 1);
      return;
    }
    const index = upperBound(node.separators, key);
    const child = node.children[index]!;
    this.#remove(child, key);
    const size = sizeOf(child);
    if (size === 0) {
      if (child instanceof Leaf) this.#unlink(child);
      node.children.splice(index, 1);
      node.separators.splice(Math.max(0, index - 1), 1);
    } else if (size < MERGE_BELOW) {
      if (index + 1 < node.children.length && this.#merge(node, index)) return;
      if (index > 0) this.#merge(node, index - 1);
    }
  }

  /** Merges the children at `index` and `index + 1` when both fit into one. */
  #merge(parent: Branch<V>, index: number): boolean {
    const left = parent.children[index]!;
    const right = parent.children[index + 1]!;
    if (sizeOf(left) + sizeOf(right) > MERGED_AT_MOST) return false;
    if (left instanceof Leaf && right instanceof Leaf) {
      left.keys.push(...right.keys);
      left.values.push(...right.values);
      left.hasCells ||= right.hasCells;
      this.#unlink(right);
    } else if (left instanceof Branch && right instanceof Branch) {
      left.separators.push(parent.separators[index]!, ...right.separators);
      left.children.push(...right.children);
    }
    parent.separators.splice(index, 1);
    parent.children.splice(index + 1, 1);
    return true;
  }

  #unlink(leaf: Leaf<V>): void {
    if (leaf.previous === undefined) this.#first = leaf.next ?? leaf;
    else leaf.previous.next = leaf.next;
    if (leaf.next === undefined) this.#last = leaf.previous ?? leaf;
    else leaf.next.previous = leaf.previous;
  }
}

interface Split<V> {
  readonly separator: string;
  readonly node: Node<V>;
}

/** Ascending and descending inserts leave full nodes behind; others split in the middle. */
function splitPoint(size: number, inserted: number): number {
  if (inserted === size - 1) return size - 1;
  if (inserted === 0) return 1;
  return size >> 1;
}

function sizeOf<V>(node: Node<V>): number {
  return node instanceof Leaf ? node.keys.length : node.children.length;
}

/** The index of the first key that is not less than `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The index of the first key that is greater than `key`. */
function upperBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insertAt<T>(array: T[], index: number, item: T): void {
  const size = array.length;
  if (index === size) {
    array.push(item);
    return;
  }
  array.push(array[size - 1]!);
  for (let i = size - 1; i > index; i--) array[i] = array[i - 1]!;
  array[index] = item;
}
