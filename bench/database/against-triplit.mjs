/** The embedded database against the published Triplit 1.x, in one process, on the same rows. */
import { collectGarbage, measure, median } from '../measure.mjs';
import { COMPARISON_HEAD, comparison, printTable } from '../table.mjs';
import { Todos, schemaOf } from './todos.mjs';
import { leastOfFetchingAll, leastOfNewList } from './least.mjs';
import { workloads } from './workloads.mjs';

const BULK_ROWS = 10_000;
const BULK_ROUNDS = 5;
/** Uncounted ones before these: the steady state is measured here as well. */
const BULK_WARM_UPS = 4;

export async function againstTriplit({ count, only, oursOnly }) {
  const libraries = { ours: await import('../../packages/db/dist/index.js') };
  if (!oursOnly) libraries.theirs = await import('@triplit/db');
  const rows = [COMPARISON_HEAD];
  const todos = new Todos(count);
  if (matches('bulk insert, per row', only))
    rows.push(comparison('bulk insert, per row', { target: 5, ...(await bulkInsert(libraries)) }));
  const databases = {};
  for (const [side, library] of Object.entries(libraries)) {
    databases[side] = new library.DB({ schema: schemaOf(library) });
    await todos.fill(databases[side]);
  }
  for (const { name, target, start, maxRuns, onEmpty } of workloads) {
    if (!matches(name, only)) continue;
    const figures = { target };
    for (const [side, library] of Object.entries(libraries)) {
      const db = onEmpty ? new library.DB({ schema: schemaOf(library) }) : databases[side];
      const { operation, stop } = await start(db, todos);
      collectGarbage();
      const { first, steady } = await measure(operation, { maxRuns });
      stop?.();
      figures[side] = steady;
      if (side === 'ours') figures.first = first;
    }
    rows.push(comparison(name, figures));
    const least = leastOf[name];
    if (!least || oursOnly) continue;
    collectGarbage();
    const { steady } = await measure(least(todos));
    rows.push(comparison('  the least it can cost', { ours: steady, theirs: figures.theirs }));
  }
  printTable(`Database against @triplit/db 1.1.10, ${count.toLocaleString('en')} todos`, rows);
}

/** What has to be done by whoever hands out so many rows. */
const leastOf = { 'fetch all': leastOfFetchingAll, 'live: whole collection': leastOfNewList };

async function bulkInsert(libraries) {
  const todos = new Todos(BULK_ROWS);
  const figures = {};
  for (const [side, library] of Object.entries(libraries)) {
    const rounds = [];
    for (let round = -BULK_WARM_UPS; round < BULK_ROUNDS; round++) {
      const db = new library.DB({ schema: schemaOf(library) });
      collectGarbage();
      const start = performance.now();
      for (let index = 0; index < BULK_ROWS; index += 1000) await todos.insertTodos(db, index, 1000);
      const each = ((performance.now() - start) * 1000) / BULK_ROWS;
      if (round >= 0) rounds.push(each);
      else if (side === 'ours') figures.first ??= each;
    }
    figures[side] = median(rounds);
  }
  return figures;
}

const matches = (name, only) => only === undefined || only.some((part) => name.includes(part));
