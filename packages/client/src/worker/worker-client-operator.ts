/** The script of the worker: `@triplit/client/worker-client-operator`. */
import { serveClient } from './serve-client.ts';

serveClient(globalThis);
