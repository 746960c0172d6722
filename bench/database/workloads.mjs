/**
 * The workloads over an embedded database with todos, written once and run by every Triplit. A workload's `start` returns
 * the operation to time, and optionally a function that ends it.
 */

/** Delivers live results the way programs drive a bare database. */
async function deliver(db) {
  await db.updateQueryViews();
  db.broadcastToQuerySubscribers();
}

const once = (operation) => async (db, todos) => ({ operation: (step) => operation(db, todos, step) });

/** A write plus its delivery to open views. */
const live = (queries, write) => async (db, todos) => {
  const closers = queries(db, todos).map((query) => db.subscribe(query, () => undefined));
  await deliver(db);
  return {
    operation: async (step) => {
      await write(db, todos, step);
      await deliver(db);
    },
    stop: () => closers.forEach((close) => close()),
  };
};

/** From subscribing to the first result, and closing again. */
const opening = (query) => async (db, todos) => ({
  operation: async (step) => {
    const close = db.subscribe(query(db, todos, step), () => undefined);
    await deliver(db);
    close();
  },
});

const times = (count, make) => Array.from({ length: count }, (_, index) => make(index));
/** A text that no todo had before: writing the same value again would be no change. */
let texts = 0;
const newText = () => `Changed ${texts++}`;

const changeText = (db, todos, step) => db.update('todos', todos.someTodo(step), { text: newText() });
/** Todos of the lists 0 to 19. */
const changeTextInFirstLists = (db, todos, step) =>
  db.update('todos', todos.todoId((step % 20) + todos.lists * (step % 50)), { text: newText() });

const byList = (db, todos, index) => db.query('todos').Where('listId', '=', todos.listId(index));
const byColour = (db, todos, index) => db.query('todos').Where('list.colour', '=', todos.colour(index));
const firstByRank = (db, count) => db.query('todos').Order('rank', 'ASC').Limit(count);

/** Into one database. Their rows are made before they are timed. */
const MOST_INSERTS = 40_000;

/** `target`: the ratio to reach against Triplit 1.x. `onEmpty`: on a database of its own, which it fills. */
export const workloads = [
  {
    name: 'insert',
    target: 5,
    onEmpty: true,
    maxRuns: MOST_INSERTS,
    start: async (db, todos) => {
      const rows = times(MOST_INSERTS, (index) => todos.todo(index));
      return { operation: (step) => db.insert('todos', rows[step]) };
    },
  },
  { name: 'update', target: 5, start: once(changeText) },
  { name: 'fetch by id', target: 10, start: once((db, todos, step) => db.fetchById('todos', todos.someTodo(step))) },
  { name: 'fetch all', target: 5, start: once((db) => db.fetch(db.query('todos'))) },
  {
    name: 'equality, 100 rows',
    target: 200,
    start: once((db, todos, step) => db.fetch(byList(db, todos, step))),
  },
  {
    name: 'order, limit 20',
    target: 600,
    start: once((db) => db.fetch(db.query('todos').Order('rank', 'DESC').Limit(20))),
  },
  {
    name: 'range, order, limit 20',
    target: 400,
    start: once((db, todos, step) =>
      db.fetch(
        db
          .query('todos')
          .Where('rank', '>', (todos.count >> 1) + (step % 100))
          .Order('rank', 'ASC')
          .Limit(20),
      ),
    ),
  },
  {
    name: 'include, 4 × 100 children',
    target: 80,
    start: once((db, todos, step) =>
      db.fetch(db.query('lists').Where('colour', '=', todos.colour(step)).Include('todos')),
    ),
  },
  {
    name: 'relation filter, 400 rows',
    target: 50,
    start: once((db, todos, step) => db.fetch(byColour(db, todos, step))),
  },
  {
    name: 'live: ordered, limit 50',
    target: 10,
    start: live(
      (db) => [firstByRank(db, 50)],
      // Moves one of the first hundred todos within the first hundred ranks.
      (db, todos, step) =>
        db.update('todos', todos.byRank(step % 100), { rank: ((step * 37) % 100) + (step % 9) / 10 }),
    ),
  },
  { name: 'live: whole collection', target: 500, start: live((db) => [db.query('todos')], changeText) },
  {
    name: 'live: one of 200 by key',
    target: 150,
    start: live((db, todos) => times(200, (index) => byList(db, todos, index)), changeText),
  },
  {
    name: 'live: 20 with inclusions',
    target: 50,
    start: live(
      (db, todos) => times(20, (index) => db.query('lists').Where('id', '=', todos.listId(index)).Include('todos')),
      changeTextInFirstLists,
    ),
  },
  {
    name: 'live: 20 with relation filters',
    target: 25,
    start: live((db, todos) => times(20, (index) => byColour(db, todos, index)), changeTextInFirstLists),
  },
  { name: 'open: ordered, limit 50', target: 100, start: opening((db) => firstByRank(db, 50)) },
  { name: 'open: by key', target: 100, start: opening((db, todos, step) => byList(db, todos, step)) },
  {
    name: 'open: with inclusions',
    target: 100,
    start: opening((db, todos, step) => db.query('lists').Where('id', '=', todos.listId(step)).Include('todos')),
  },
  { name: 'open: relation filter', target: 100, start: opening((db, todos, step) => byColour(db, todos, step)) },
  { name: 'open: whole collection', start: opening((db) => db.query('todos')) },
];
