/** Runs in the browser. `client` stands for the library that is measured. */
import { Schema as S, TriplitClient } from 'client';

const schema = S.Collections({
  todos: {
    schema: S.Schema({ id: S.Id(), text: S.String(), room: S.String(), owner: S.String(), n: S.Number() }),
  },
});
const open = (options) =>
  new TriplitClient({ schema, storage: { type: 'indexeddb', name: 'bench' }, logLevel: 'error', ...options });
const queries = {
  ordered: (client) => client.query('todos').Order('n', 'ASC').Limit(20),
  all: (client) => client.query('todos'),
};
const rowsOf = (client, query, expected) =>
  new Promise((resolve, reject) => {
    client.subscribe(query, (rows) => rows.length === expected && resolve(), reject);
  });

globalThis.tasks = {
  /** Lets the server fill the cache. */
  async fill(serverUrl, token, count) {
    const client = open({ serverUrl, token });
    await rowsOf(client, queries.all(client), count);
    // Neither library tells when answers of the server are durable.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
  },
  async start(query, expected) {
    const start = performance.now();
    const client = open({ autoConnect: false });
    await rowsOf(client, queries[query](client), expected);
    return performance.now() - start;
  },
};
