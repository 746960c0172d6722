/** A live update costs the same whatever else is there: more rows, more views. */
import { collectGarbage, measure } from '../measure.mjs';
import { duration, printTable } from '../table.mjs';
import { Todos, schemaOf } from './todos.mjs';

const LARGEST_RATIO = 1.5;

export async function flatness() {
  const library = await import('../../packages/db/dist/index.js');
  const rows = [['live update of an ordered view of 50 rows', 'time', 'ratio', 'target', 'reached']];
  const add = (name, us, base) => {
    const ratio = us / base;
    rows.push([
      name,
      duration(us),
      `${ratio.toFixed(2)}×`,
      `≤ ${LARGEST_RATIO}×`,
      ratio <= LARGEST_RATIO ? 'yes' : 'NO',
    ]);
  };
  let base;
  for (const count of [10_000, 1_000_000]) {
    const todos = new Todos(count);
    const db = new library.DB({ schema: schemaOf(library) });
    await todos.fill(db);
    const us = await liveUpdate(db, todos);
    base ??= us;
    add(`with ${count.toLocaleString('en')} rows`, us, base);
  }
  const unrelated = {
    'unrelated views': ['text', '='],
    'unrelated views with relation filters': ['list.name', '='],
  };
  for (const [name, condition] of Object.entries(unrelated)) {
    base = undefined;
    for (const views of [10, 10_000]) {
      const todos = new Todos(20_000);
      const db = new library.DB({ schema: schemaOf(library) });
      await todos.fill(db);
      for (let index = 0; index < views; index++)
        db.subscribe(db.query('todos').Where(...condition, `Unrelated ${index}`), () => undefined);
      await deliver(db);
      const us = await liveUpdate(db, todos);
      base ??= us;
      add(`with ${views.toLocaleString('en')} ${name}`, us, base);
    }
  }
  printTable('Flatness', rows);
}

async function liveUpdate(db, todos) {
  db.subscribe(db.query('todos').Order('rank', 'ASC').Limit(50), () => undefined);
  await deliver(db);
  collectGarbage();
  const { steady } = await measure(async (step) => {
    await db.update('todos', todos.byRank(step % 100), { rank: ((step * 37) % 100) + (step % 9) / 10 });
    await deliver(db);
  });
  return steady;
}

async function deliver(db) {
  await db.updateQueryViews();
  db.broadcastToQuerySubscribers();
}
