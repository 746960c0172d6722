import { Schema as S } from '@triplit/client';
import { WorkerClient } from '@triplit/client/worker-client';
import workerUrl from '@triplit/client/worker-client-operator?url';

const schema = S.Collections({ notes: { schema: S.Schema({ id: S.Id(), text: S.String() }) } });
const client = new WorkerClient({ schema, workerUrl });
client.subscribe(client.query('notes'), (notes) => {
  document.title = notes.map((note) => note.text).join();
});
await client.insert('notes', { text: 'kept by the worker' });
