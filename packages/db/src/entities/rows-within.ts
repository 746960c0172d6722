/** What an index would yield for a scan, found by looking at each of some rows. */
import type { Row } from '../changes/types.ts';
import { compilePath } from '../query/evaluate.ts';
import type { IndexScan } from '../query/entity-source.ts';
import { isWithinBounds } from '../query/value-bounds.ts';
import { compareValue } from '../values/compare-values.ts';
import { liveMemberKeys } from '../values/set-member.ts';

/** In the order of `indexOrder`. */
export function rowsWithin(rows: Iterable<Row>, scan: IndexScan): Row[] {
  const read = compilePath(scan.path);
  const { bounds } = scan;
  const matching: Row[] = [];
  for (const row of rows) {
    const value = read(row);
    const isMatch =
      scan.kind === 'member'
        ? liveMemberKeys(value).some((member) => isWithinBounds(member, bounds))
        : isWithinBounds(value, bounds);
    if (isMatch) matching.push(row);
  }
  return matching.sort(indexOrder(scan));
}

/** The order of an index: by value, then by ascending id, also where values descend; of set members by id alone. */
export function indexOrder(scan: IndexScan): (a: Row, b: Row) => number {
  if (scan.kind === 'member') return compareIds;
  const read = compilePath(scan.path);
  const direction = scan.reverse === true ? -1 : 1;
  return (a, b) => compareValue(read(a), read(b)) * direction || compareIds(a, b);
}

export function compareIds(a: Row, b: Row): number {
  const left = a['id'] as string;
  const right = b['id'] as string;
  return left < right ? -1 : left > right ? 1 : 0;
}
