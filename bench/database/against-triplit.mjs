/** The embedded database against the published Triplit 1.x, in one process, on the same rows. */
import { collectGarbage, measure, median } from '../measure.mjs';
import { COMPARISON_HEAD, comparison, printTable } from '../table.mjs';
import { Todos, schemaOf } from './todos.mjs';
import { workloads } from './workloads.mjs';

const BULK_ROWS = 10_000;
const BULK_ROUNDS = 5;

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
  for (const { name, target, start, maxRuns } of workloads) {
    if (!matches(name, only)) continue;
    const figures = { target };
    for (const [side, db] of Object.entries(databases)) {
      const { operation, stop } = await start(db, todos);
      collectGarbage();
      const { first, steady } = await measure(operation, { maxRuns });
      stop?.();
      figures[side] = steady;
      if (side === 'ours') figures.first = first;
    }
    rows.push(comparison(name, figures));
  }
  printTable(`Database against @triplit/db 1.1.10, ${count.toLocaleString('en')} todos`, rows);
}

async function bulkInsert(libraries) {
  const todos = new Todos(BULK_ROWS);
  const figures = {};
  for (const [side, library] of Object.entries(libraries)) {
    const rounds = [];
    for (let round = 0; round < BULK_ROUNDS; round++) {
      const db = new library.DB({ schema: schemaOf(library) });
      collectGarbage();
      const start = performance.now();
      for (let index = 0; index < BULK_ROWS; index += 1000) await todos.insertTodos(db, index, 1000);
      rounds.push(((performance.now() - start) * 1000) / BULK_ROWS);
    }
    figures[side] = median(rounds);
  }
  return figures;
}

const matches = (name, only) => only === undefined || only.some((part) => name.includes(part));
