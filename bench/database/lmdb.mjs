/** LMDB: commits that are durable, reads beside memory, and a database that is larger than what one wants in memory. */
import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectGarbage, measure } from '../measure.mjs';
import { duration, printTable } from '../table.mjs';
import { Todos, schemaOf } from './todos.mjs';

const ROWS = 20_000;
const WRITERS = 1000;
const WRITES_PER_WRITER = 30;
const LARGE_ROWS = 1_000_000;

export async function lmdb() {
  const library = await import('../../packages/db/dist/index.js');
  const folder = mkdtempSync(join(tmpdir(), 'triplit-bench-lmdb-'));
  const rows = [['LMDB', 'figure', 'target', 'reached']];
  const add = (name, figure, target, reached) => rows.push([name, figure, target, reached ? 'yes' : 'NO']);
  try {
    const todos = new Todos(ROWS);
    const memory = new library.DB({ schema: schemaOf(library) });
    await todos.fill(memory);
    const durable = await openLmdb(join(folder, 'small'));
    await todos.fill(durable);

    const start = performance.now();
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        for (let write = 0; write < WRITES_PER_WRITER; write++)
          await durable.update('todos', todos.someTodo(writer * WRITES_PER_WRITER + write), {
            text: `${writer} ${write}`,
          });
      }),
    );
    const perSecond = (WRITERS * WRITES_PER_WRITER * 1000) / (performance.now() - start);
    add(
      'durable single-row commits of 1,000 writers',
      `${Math.round(perSecond).toLocaleString('en')}/s`,
      '≥ 20,000/s',
      perSecond >= 20_000,
    );

    const reads = {
      'by id': (db, step) => db.fetchById('todos', todos.someTodo(step)),
      'equality, 100 rows': (db, step) => db.fetch(db.query('todos').Where('listId', '=', todos.listId(step))),
      'order, limit 20': (db) => db.fetch(db.query('todos').Order('rank', 'ASC').Limit(20)),
    };
    for (const [name, read] of Object.entries(reads)) {
      const figures = [];
      for (const db of [memory, durable]) {
        collectGarbage();
        figures.push((await measure((step) => read(db, step))).steady);
      }
      const ratio = figures[1] / figures[0];
      add(
        `warm read ${name}: ${duration(figures[1])} against ${duration(figures[0])} in memory`,
        `${ratio.toFixed(1)}×`,
        '≤ 3×',
        ratio <= 3,
      );
    }
    await durable.close();
    await largeDatabase(folder, add);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  printTable('LMDB, without the peers', rows);
}

/** Filled by one process, opened and served by another, so that nothing is in memory that opening has not put there. */
async function largeDatabase(folder, add) {
  const path = join(folder, 'large');
  await inChild('fill', path);
  const { openMs, firstMs, readUs, after200k, after600k } = await inChild('serve', path);
  add('opening 1,000,000 rows, to the first row by id', `${openMs.toFixed(0)} ms`, '≤ 1 s', openMs <= 1000);
  add('first page by an index of the earlier process', `${firstMs.toFixed(0)} ms`, '≤ 1 s', firstMs <= 1000);
  const growth = after600k / after200k;
  add(
    `own memory after 200,000 random reads (${duration(readUs)} each) ${after200k.toFixed(0)} MB, after 600,000 ${after600k.toFixed(0)} MB`,
    `${growth.toFixed(2)}×`,
    '≤ 1.2×',
    growth <= 1.2,
  );
}

function inChild(task, path) {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [task, path], { execArgv: ['--expose-gc'] });
    let result;
    child.on('message', (message) => (result = message));
    child.on('exit', (code) => (code === 0 ? resolve(result) : reject(new Error(`The child ended with ${code}.`))));
  });
}

async function openLmdb(path) {
  const library = await import('../../packages/db/dist/index.js');
  const { LmdbKVStore } = await import('../../packages/db/dist/storage/lmdb.js');
  const { open } = await import('lmdb');
  return new library.DB({ schema: schemaOf(library), kv: new LmdbKVStore(open({ path }), { ownsDatabase: true }) });
}

const tasks = {
  async fill(path) {
    const db = await openLmdb(path);
    await new Todos(LARGE_ROWS).fill(db);
    await db.fetch(db.query('todos').Order('rank', 'ASC').Limit(1));
    await db.close();
  },
  async serve(path) {
    const todos = new Todos(LARGE_ROWS);
    const start = performance.now();
    const db = await openLmdb(path);
    await db.fetchById('todos', todos.someTodo(7));
    const openMs = performance.now() - start;
    const firstStart = performance.now();
    await db.fetch(db.query('todos').Order('rank', 'ASC').Limit(20));
    const firstMs = performance.now() - firstStart;
    const readStart = performance.now();
    const read = async (from, to) => {
      for (let step = from; step < to; step++) await db.fetchById('todos', todos.someTodo(step * 17));
      collectGarbage();
      return ownMegabytes();
    };
    const after200k = await read(0, 200_000);
    const readUs = (performance.now() - readStart) / 200;
    const after600k = await read(200_000, 600_000);
    await db.close();
    process.send({ openMs, firstMs, readUs, after200k, after600k });
  },
};

/** Without the pages of the database file, which the system lends and takes back; elsewhere than on Linux, with them. */
function ownMegabytes() {
  if (!existsSync('/proc/self/status')) return process.memoryUsage().rss / 1e6;
  return Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1e3;
}

if (process.send !== undefined && process.argv[2] in tasks) await tasks[process.argv[2]](process.argv[3]);
