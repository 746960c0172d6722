/** How much memory rows, indexes and views take. */
import { collectGarbage } from '../measure.mjs';
import { printTable } from '../table.mjs';
import { Todos, schemaOf } from './todos.mjs';

const ROWS = 100_000;
const VIEWS = 1000;

export async function memoryUse() {
  const library = await import('../../packages/db/dist/index.js');
  const todos = new Todos(ROWS);
  const db = new library.DB({ schema: schemaOf(library) });
  const rows = [['what', 'MB', 'bytes each']];
  let before = heapBytes();
  const add = (name, count) => {
    const after = heapBytes();
    const bytes = after - before;
    before = after;
    rows.push([name, (bytes / 1e6).toFixed(1), (bytes / count).toFixed(0)]);
  };
  await todos.fill(db);
  add('100,000 rows', ROWS);
  await db.fetch(db.query('todos').Order('rank', 'ASC').Limit(1));
  add('an index over them', ROWS);
  await db.fetch(db.query('todos').Where('listId', '=', 'none'));
  add('a second index', ROWS);
  for (let index = 0; index < VIEWS; index++)
    db.subscribe(db.query('todos').Where('listId', '=', todos.listId(index)), () => undefined);
  await db.updateQueryViews();
  db.broadcastToQuerySubscribers();
  add('1,000 views of 100 rows each', VIEWS);
  printTable('Memory, without the peers', rows);
}

function heapBytes() {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
