/** The page of the tests: the client as global names, so that a test can use it in the words of its interface. */
import { Schema as S, TriplitClient } from '@triplit/client';
import { WorkerClient } from '@triplit/client/worker-client';

const schema = S.Collections({
  notes: {
    schema: S.Schema({
      id: S.Id(),
      text: S.String(),
      tags: S.Set(S.String(), { default: S.Default.Set.empty() }),
      at: S.Date({ default: S.Default.now() }),
    }),
  },
});

/** `kind`: where the client runs. Other options are those of the client. */
function openClient(kind: 'tab' | 'shared-worker' | 'worker', options: object): void {
  if (kind === 'worker') delete (globalThis as { SharedWorker?: unknown }).SharedWorker;
  const logs: string[] = [];
  const common = { schema, storage: 'indexeddb', pingInterval: 0, logLevel: 'debug', ...options } as const;
  const client = kind === 'tab' ? new TriplitClient(common) : new WorkerClient({ ...common, workerUrl: '/worker.js' });
  const page = { client, texts: [] as string[], emissions: 0, failures: [] as string[], logs };
  client.subscribe(client.query('notes').Order('id', 'ASC'), (notes) => {
    page.texts = notes.map(({ text }) => text);
    page.emissions++;
  });
  client.onFailureToSyncWrites((error) => void page.failures.push(error.name));
  Object.assign(globalThis, { page });
}

Object.assign(globalThis, { openClient });
