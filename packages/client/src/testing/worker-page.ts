/** A client in a worker, with the worker's end in the same thread. */
import type { Models } from '@triplit/db';
import type { SyncTransport } from '../transport/transport.ts';
import { serveClient } from '../worker/serve-client.ts';
import { WorkerClient } from '../worker/worker-client.ts';
import type { WorkerClientOptions } from '../worker/worker-client.ts';

export interface TestWorker {
  /** Opens a page. `close` is for after its client is closed. */
  open<M extends Models>(options: WorkerClientOptions<M>): { readonly client: WorkerClient<M>; close(): void };
}

/** `transport`: how the worker reaches the server; by default over a WebSocket. */
export function startWorker(transport?: SyncTransport): TestWorker {
  let connect!: (event: { ports: MessagePort[] }) => void;
  serveClient(
    { addEventListener: (type, listener) => type === 'connect' && (connect = listener) },
    transport === undefined ? {} : { transport },
  );
  return {
    open: (options) => {
      const { port1, port2 } = new MessageChannel();
      connect({ ports: [port2] });
      return { client: new WorkerClient(options, undefined, port1), close: () => port1.close() };
    },
  };
}
