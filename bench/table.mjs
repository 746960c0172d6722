/** Prints results as one table. A target is a bound on the ratio (theirs / ours), or on the figure itself. */

/** Microseconds, readable. */
export function duration(us) {
  if (us === undefined) return '';
  if (us < 10) return `${us.toFixed(2)} µs`;
  if (us < 1000) return `${us.toFixed(0)} µs`;
  if (us < 100_000) return `${(us / 1000).toFixed(1)} ms`;
  return us < 10_000_000 ? `${(us / 1000).toFixed(0)} ms` : `${(us / 1_000_000).toFixed(1)} s`;
}

/** `rows`: arrays of cells as text; the first one is the head. The first column is aligned left, the others right. */
export function printTable(title, rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ');
  console.log(`\n${title}\n`);
  console.log(line(rows[0]));
  console.log(widths.map((width) => '-'.repeat(width)).join('  '));
  for (const row of rows.slice(1)) console.log(line(row));
}

export function comparison(name, { ours, theirs, target, first, ratio = theirs && theirs / ours }) {
  const reached = ratio === undefined || target === undefined ? '' : ratio >= target ? 'yes' : 'NO';
  return [
    name,
    duration(first),
    duration(ours),
    duration(theirs),
    ratio === undefined ? '' : `${ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(1)}×`,
    target === undefined ? '' : `≥ ${target}×`,
    reached,
  ];
}

export const COMPARISON_HEAD = ['workload', 'first use', 'ours', 'theirs', 'ratio', 'target', 'reached'];
