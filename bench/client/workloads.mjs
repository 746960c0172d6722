/**
 * What is asked of a client, through what both libraries document. Each workload gets a client that is not connected, runs
 * once in its process and returns its figures: milliseconds, CPU microseconds of the process, counts.
 */
import { median } from '../measure.mjs';

const row = (index, changes = {}) => ({
  id: `t${String(index).padStart(5, '0')}`,
  text: `the text of ${index}`,
  room: 'r',
  owner: 'o',
  n: index,
  ...changes,
});
const times = (count, action) => Promise.all(Array.from({ length: count }, (_, i) => action(i)));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const queries = {
  ordered: (client) => client.query('todos').Order('n', 'ASC').Limit(20),
  all: (client) => client.query('todos'),
};

/** A live query: how often it called back, and a wait for rows that satisfy a condition. */
class LiveQuery {
  calls = 0;
  #rows = [];
  #waiting;

  constructor(client, query, options) {
    client.subscribe(
      query,
      (rows) => {
        this.calls++;
        this.#rows = rows;
        this.#check();
      },
      (error) => {
        throw error;
      },
      options,
    );
  }

  /** Settles with the time at which rows were handed over that satisfy the condition. */
  until(condition) {
    return new Promise((resolve) => {
      this.#waiting = { condition, resolve };
      this.#check();
    });
  }

  #check() {
    if (!this.#waiting?.condition(this.#rows)) return;
    this.#waiting.resolve(performance.now());
    this.#waiting = undefined;
  }
}

/** Milliseconds and CPU until something holds. */
async function timed(action) {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const end = (await action()) ?? performance.now();
  const { user, system } = process.cpuUsage(cpu);
  return { ms: end - start, cpuUs: user + system };
}

function fill(client, count) {
  return client.transact(async (tx) => {
    for (let i = 0; i < count; i++) await tx.insert('todos', row(i));
  });
}

/** From calling `update` to the callback that shows it, one write after another, beside 1,000 rows and without a server. */
export async function liveWrite(client, { query, writes = 200, warmUp = 50 }) {
  await fill(client, 1_000);
  const live = new LiveQuery(client, queries[query](client), { localOnly: true });
  await live.until((rows) => rows.length >= 20);
  const latencies = [];
  const write = async (text) => {
    const start = performance.now();
    // The row is the first of either query.
    const shown = live.until((rows) => rows[0].text === text);
    await client.update('todos', 't00000', { text });
    latencies.push((await shown) - start);
    await pause(0);
  };
  for (let i = 0; i < warmUp; i++) await write(`warm-up ${i}`);
  latencies.length = 0;
  const { cpuUs } = await timed(async () => {
    for (let i = 0; i < writes; i++) await write(`write ${i}`);
  });
  return { p50: median(latencies), p99: percentile(latencies, 0.99), cpuUs: cpuUs / writes };
}

/** 100 inserts in one turn: callbacks of a live query of everything, and the time until it shows them all. */
export async function burst(client, { rounds = 5 }) {
  await fill(client, 1_000);
  const live = new LiveQuery(client, queries.all(client), { localOnly: true });
  const results = [];
  for (let round = 0; round < rounds; round++) {
    const size = 1_000 + round * 100;
    await live.until((rows) => rows.length === size);
    await pause(50);
    const before = live.calls;
    const { ms, cpuUs } = await timed(async () => {
      const shown = live.until((rows) => rows.length === size + 100);
      await times(100, (i) => client.insert('todos', row(size + i)));
      return shown;
    });
    await pause(100);
    results.push({ ms, cpuUs, calls: live.calls - before });
  }
  const of = (key) => median(results.map((result) => result[key]));
  return { ms: of('ms'), cpuUs: of('cpuUs'), calls: of('calls') };
}

/** From `connect` to the live query that shows all rows of the server. */
export async function initialSync(client, { count }) {
  const live = new LiveQuery(client, queries.all(client));
  await live.until(() => live.calls > 0);
  await pause(50);
  return timed(() => {
    void client.connect();
    return live.until((rows) => rows.length === count);
  });
}

/** The least that a client can do for the same answer: receives it and parses the JSON. The client stays out of it. */
export async function receiveOnly(_client, { serverUrl, token, count }) {
  await pause(50);
  return timed(
    () =>
      new Promise((resolve) => {
        const url = serverUrl.replace('http', 'ws');
        const socket = new WebSocket(`${url}/?sync-schema=false&token=${token}`);
        socket.addEventListener('message', ({ data }) => {
          const { type, payload } = JSON.parse(data);
          if (type === 'READY')
            socket.send(
              JSON.stringify({ type: 'CONNECT_QUERY', payload: { id: 'q', params: { collectionName: 'todos' } } }),
            );
          else if (type === 'ENTITY_DATA' && payload.changes.json.todos.sets.length === count)
            resolve(performance.now());
        });
      }),
  );
}

/** From `connect` to the live query that shows ten changes of others, with everything else in the cache. */
export async function reconnect(client, { count, ask }) {
  const live = new LiveQuery(client, queries.all(client));
  void client.connect();
  await live.until((rows) => rows.length === count);
  await pause(200);
  client.disconnect();
  await pause(200);
  const { text } = await ask('change ten rows');
  const figures = await timed(() => {
    void client.connect();
    return live.until((rows) => rows.filter((todo) => todo.text === text).length === 10);
  });
  await pause(300);
  return { ...figures, ...(await ask('bytes')) };
}

/** From `connect` to the acknowledgement of everything that was written before, one insert per transaction. */
export async function drain(client, { writes = 1_000, prefix }) {
  const ids = Array.from({ length: writes }, (_, i) => `${prefix}-${i}`);
  const offline = await timed(async () => {
    for (const [n, id] of ids.entries()) await client.insert('todos', row(n, { id }));
  });
  let messages = 0;
  client.onSyncMessageSent(({ type }) => {
    if (type === 'CHANGES') messages++;
  });
  const acknowledged = Promise.all(
    ids.map((id) => new Promise((resolve) => client.onEntitySyncSuccess('todos', id, resolve))),
  );
  const figures = await timed(async () => {
    void client.connect();
    await acknowledged;
  });
  return { ...figures, messages, offlineMs: offline.ms };
}

function percentile(numbers, share) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
