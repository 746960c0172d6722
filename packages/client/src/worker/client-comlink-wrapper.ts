/**
 * For workers of an application's own: constructing it in the worker serves pages that pass the worker, or a port to it,
 * to `WorkerClient`. The name is that of version 1, which spoke through Comlink; exposing it there as well does no harm.
 */
import { serveClient } from './serve-client.ts';
import type { WorkerScope } from './serve-client.ts';

export class ClientComlinkWrapper {
  constructor(scope: WorkerScope = globalThis) {
    serveClient(scope);
  }
}
