/**
 * What a transaction has read: single rows, and ranges of indexes. A commit of somebody else matters to it only if it
 * changes a row that it read, or one that lies, or would have lain, within such a range.
 */
import type { Row, RowChange } from '../changes/types.ts';
import { compilePath } from '../query/compile-path.ts';
import type { IndexScan } from '../query/entity-source.ts';
import { isWithinBounds } from '../query/value-bounds.ts';
import { liveMemberKeys } from '../values/set-member.ts';

/** A range that was read; the bounds may still be narrowed while the reading goes on. */
export type ReadRange = Pick<IndexScan, 'kind' | 'path'> & { bounds: IndexScan['bounds'] };

/** The reads of one attribute. Scans of a single value, as inclusions make by the hundred, are found by the value. */
interface PathReads {
  readonly valuesOf: (row: Row) => readonly unknown[];
  readonly points: Set<unknown>;
  readonly ranges: Set<ReadRange>;
}

interface CollectionReads {
  readonly ids: Set<string>;
  readonly paths: Map<string, PathReads>;
}

export class ReadSet {
  readonly #collections = new Map<string, CollectionReads>();

  addRow(collection: string, id: string): void {
    this.#reads(collection).ids.add(id);
  }

  addRange(collection: string, range: ReadRange): void {
    const reads = this.#pathReads(collection, range);
    const point = pointOf(range);
    if (point === undefined) reads.ranges.add(range);
    else reads.points.add(point);
  }

  isAffectedBy({ collection, id, prev, next }: RowChange): boolean {
    const reads = this.#collections.get(collection);
    if (reads === undefined) return false;
    if (reads.ids.has(id)) return true;
    for (const path of reads.paths.values()) {
      if ((prev !== undefined && wasRead(path, prev)) || (next !== undefined && wasRead(path, next))) return true;
    }
    return false;
  }

  #reads(collection: string): CollectionReads {
    let reads = this.#collections.get(collection);
    if (reads === undefined) {
      reads = { ids: new Set(), paths: new Map() };
      this.#collections.set(collection, reads);
    }
    return reads;
  }

  #pathReads(collection: string, { kind, path }: ReadRange): PathReads {
    const { paths } = this.#reads(collection);
    const name = `${kind}:${path}`;
    let reads = paths.get(name);
    if (reads === undefined) {
      const read = compilePath(path);
      const valuesOf = kind === 'member' ? (row: Row) => liveMemberKeys(read(row)) : (row: Row) => [read(row) ?? null];
      reads = { valuesOf, points: new Set(), ranges: new Set() };
      paths.set(name, reads);
    }
    return reads;
  }
}

/** The only value within the bounds, if it is a scalar. */
function pointOf({ bounds }: ReadRange): unknown {
  if (!('gte' in bounds && 'lte' in bounds) || bounds.gte !== bounds.lte) return undefined;
  const value = bounds.gte ?? null;
  return value === null || typeof value !== 'object' ? value : undefined;
}

function wasRead({ valuesOf, points, ranges }: PathReads, row: Row): boolean {
  for (const value of valuesOf(row)) {
    if (points.has(value)) return true;
    for (const { bounds } of ranges) if (isWithinBounds(value, bounds)) return true;
  }
  return false;
}
