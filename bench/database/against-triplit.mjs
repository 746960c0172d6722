/** The embedded database against the published Triplit 1.x, in one process, on the same rows. */
import { collectGarbage, measureInTurns, medianRatio } from '../measure.mjs';
import { COMPARISON_HEAD, comparison, printTable } from '../table.mjs';
import { Todos, insertTodos, schemaOf } from './todos.mjs';
import { leastOfFetchingAll, leastOfNewList } from './least.mjs';
import { workloads } from './workloads.mjs';

const BULK_ROWS = 10_000;
const BULK_BUDGET_MS = 1_500;

export async function againstTriplit({ count, only, oursOnly }) {
  const libraries = { ours: await import('../../packages/db/dist/index.js') };
  if (!oursOnly) libraries.theirs = await import('@triplit/db');
  const rows = [COMPARISON_HEAD];
  const todos = new Todos(count);
  if (matches('bulk insert, per row', only)) rows.push(await bulkInsert(libraries));
  const databases = {};
  for (const [side, library] of Object.entries(libraries)) {
    databases[side] = new library.DB({ schema: schemaOf(library) });
    await todos.fill(databases[side]);
  }
  for (const { name, target, start, maxRuns, onEmpty } of workloads) {
    if (!matches(name, only)) continue;
    const operations = {};
    const stops = [];
    for (const [side, library] of Object.entries(libraries)) {
      const db = onEmpty ? new library.DB({ schema: schemaOf(library) }) : databases[side];
      const { operation, stop } = await start(db, todos);
      operations[side] = operation;
      if (stop) stops.push(stop);
    }
    if (leastOf[name] && !oursOnly) operations.least = leastOf[name](todos);
    collectGarbage();
    const { ours, theirs, least } = await measureInTurns(operations, { maxRuns });
    for (const stop of stops) stop();
    rows.push(line(name, { first: ours.first, ours, theirs, target }));
    if (least) rows.push(line('  the least it can cost', { ours: least, theirs }));
  }
  printTable(`Database against @triplit/db 1.1.10, ${count.toLocaleString('en')} todos`, rows);
}

/** What has to be done by whoever hands out so many rows. */
const leastOf = { 'fetch all': leastOfFetchingAll, 'live: whole collection': leastOfNewList };

function line(name, { first, ours, theirs, target }) {
  const ratio = theirs && medianRatio(theirs.samples, ours.samples);
  return comparison(name, { first, ours: ours.steady, theirs: theirs?.steady, ratio, target });
}

async function bulkInsert(libraries) {
  const todos = new Todos(BULK_ROWS);
  const made = Array.from({ length: BULK_ROWS }, (_, index) => todos.todo(index));
  const insertAll = (library) => insertTodos(new library.DB({ schema: schemaOf(library) }), made);
  const operations = Object.entries(libraries).map(([side, library]) => [side, () => insertAll(library)]);
  const { ours, theirs } = await measureInTurns(Object.fromEntries(operations), { budgetMs: BULK_BUDGET_MS });
  const each = (figures) => figures && { ...figures, steady: figures.steady / BULK_ROWS };
  return line('bulk insert, per row', {
    first: ours.first / BULK_ROWS,
    ours: each(ours),
    theirs: each(theirs),
    target: 5,
  });
}

const matches = (name, only) => only === undefined || only.some((part) => name.includes(part));
