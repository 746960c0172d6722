/** Runs in the browser. */
import * as library from '../../packages/db/dist/index.js';
import { IndexedDbKVStore } from '../../packages/db/dist/storage/indexed-db.js';
import { Todos, schemaOf } from './todos.mjs';

const open = () => new library.DB({ schema: schemaOf(library), kv: new IndexedDbKVStore('todos') });
const firstPage = (db) => db.fetch(db.query('todos').Order('rank', 'ASC').Limit(20));

globalThis.tasks = {
  async fill(count) {
    const db = open();
    await new Todos(count).fill(db);
    await firstPage(db);
    await db.close();
  },
  async start() {
    const start = performance.now();
    const db = open();
    const rows = await firstPage(db);
    if (rows.length !== 20) throw new Error(`Expected 20 rows, got ${rows.length}.`);
    return performance.now() - start;
  },
};
