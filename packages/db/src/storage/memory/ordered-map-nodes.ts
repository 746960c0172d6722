/** The nodes of the B+ tree behind `OrderedMap`. */
import type { Cell } from '../cell.ts';

export class Leaf<V> {
  keys: string[] = [];
  values: (V | Cell<V>)[] = [];
  /** Whether any of the values may be in a cell. */
  hasCells = false;
  previous: Leaf<V> | undefined = undefined;
  next: Leaf<V> | undefined = undefined;
}

/** `children[i + 1]` holds the keys from `separators[i]` (inclusive) up to `separators[i + 1]` (exclusive). */
export class Branch<V> {
  separators: string[] = [];
  children: (Leaf<V> | Branch<V>)[] = [];
}

/** An index in a leaf; it may lie one beside the leaf's keys. */
export interface Position<V> {
  leaf: Leaf<V>;
  index: number;
}
