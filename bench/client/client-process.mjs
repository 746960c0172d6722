/**
 * One client in a process of its own: `node client-process.mjs <module> <workload> <settings as JSON>`, started by
 * `run-client.mjs`, to which it hands the figures.
 */
import { WebSocket } from 'undici';
import * as workloads from './workloads.mjs';

const [module, workload, json] = process.argv.slice(2);
const settings = JSON.parse(json);
// As a browser has it; Node 20 has none.
Object.assign(globalThis, { WebSocket });
const library = await import(module);

/** Has the parent do something, and waits for what it says. */
function ask(what) {
  return new Promise((resolve) => {
    process.once('message', resolve);
    process.send({ ask: what });
  });
}

const { Schema: S } = library;
const schema = S.Collections({
  todos: {
    schema: S.Schema({ id: S.Id(), text: S.String(), room: S.String(), owner: S.String(), n: S.Number() }),
  },
});
const { serverUrl, token } = settings;
const client = new library.TriplitClient({
  schema,
  storage: 'memory',
  autoConnect: false,
  logLevel: 'error',
  ...(serverUrl && { serverUrl, token }),
});
await client.ready;
const figures = await workloads[workload](client, { ...settings, ask });
process.send({ figures }, () => process.exit(0));
