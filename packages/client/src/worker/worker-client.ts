/**
 * A client whose data, connection and outbox live in a worker, which all tabs share where the browser has shared workers.
 * The page holds a copy, so that reads and live queries take no way through the worker, and has the whole interface of
 * `TriplitClient`.
 */
import type { Models } from '@triplit/db';
import { SharedIndexedDbKVStore } from '@triplit/db/storage/indexed-db';
import { logger as sharedLogger } from '@triplit/logger';
import type { Logger } from '@triplit/logger';
import { givenOptions } from '../check-options.ts';
import { TriplitClient } from '../client.ts';
import type { ClientOptions } from '../client-options.ts';
import type { SerializableStorageOptions } from '../replica/storage-options.ts';
import type { LeaderMessage } from '../sharing/messages.ts';
import { Member } from '../sharing/member.ts';
import { endpointPort } from '../sharing/port.ts';
import type { Endpoint } from '../sharing/port.ts';
import type { Sharing } from '../sharing/sharing.ts';
import { webLocks, whenReleased } from '../sharing/web-locks.ts';
import { requireHttpUrl } from '../transport/websocket-url.ts';
import type { WorkerGreeting } from './worker-greeting.ts';

const WORKER_NAME = 'triplit-client';

export interface WorkerClientOptions<M extends Models = Models> extends Omit<
  ClientOptions<M>,
  'storage' | 'transport'
> {
  /** Where the worker keeps the data. Default: in memory. */
  readonly storage?: SerializableStorageOptions;
  /** The address of the script `@triplit/client/worker-client-operator`. Default: beside this module. */
  readonly workerUrl?: string;
}

export class WorkerClient<M extends Models = Models> extends TriplitClient<M> {
  /** `workerEndpoint`, `sharedWorkerPort`: a worker that the application has started itself. */
  constructor(options: WorkerClientOptions<M> = {}, workerEndpoint?: Endpoint, sharedWorkerPort?: MessagePort) {
    options = givenOptions(options);
    const { workerUrl, storage, ...others } = options;
    // Before the worker hears of it.
    if (options.serverUrl !== undefined) requireHttpUrl(options.serverUrl);
    const logger = options.logger ?? sharedLogger;
    const given = (sharedWorkerPort as Endpoint | undefined) ?? workerEndpoint;
    const open = (): Endpoint | undefined =>
      given ?? getTriplitSharedWorkerPort(workerUrl) ?? getTriplitWorkerEndpoint(workerUrl);
    const endpoint = open();
    if (endpoint === undefined) {
      logger.warn('There are no workers here, so the client runs in this thread.');
      super({ ...others, ...(storage !== undefined && { storage }) });
    } else {
      super(others, shareWithWorker(endpoint, given === undefined ? open : undefined, options, logger));
    }
  }
}

/** The port to the worker that all tabs share; undefined where there are no shared workers. */
export function getTriplitSharedWorkerPort(workerUrl?: string): MessagePort | undefined {
  if (typeof SharedWorker === 'undefined') return undefined;
  const options = { type: 'module', name: WORKER_NAME } as const;
  // The address must stand inside the call, so that bundlers see that there is a script to build.
  const worker =
    workerUrl === undefined
      ? new SharedWorker(new URL('./worker-client-operator.js', import.meta.url), { type: 'module', name: WORKER_NAME })
      : new SharedWorker(workerUrl, options);
  reportFailureToLoad(worker, workerUrl);
  return worker.port;
}

/** A worker of this tab alone; undefined where there are no workers. Tabs still share what is in IndexedDB. */
export function getTriplitWorkerEndpoint(workerUrl?: string): Worker | undefined {
  if (typeof Worker === 'undefined') return undefined;
  const options = { type: 'module', name: WORKER_NAME } as const;
  const worker =
    workerUrl === undefined
      ? new Worker(new URL('./worker-client-operator.js', import.meta.url), { type: 'module', name: WORKER_NAME })
      : new Worker(workerUrl, options);
  reportFailureToLoad(worker, workerUrl);
  return worker;
}

function reportFailureToLoad(worker: EventTarget, workerUrl: string | undefined): void {
  worker.addEventListener('error', (event) => {
    const { message } = event as ErrorEvent;
    sharedLogger.error(
      `The worker of the client failed or could not be loaded from ${workerUrl ?? 'its place beside the library'}` +
        `${message ? `: ${message}` : ''}. Pass the address of '@triplit/client/worker-client-operator' as workerUrl.`,
    );
  });
}

/** `reopen`: how to get another worker when the one at the endpoint has died. */
function shareWithWorker(
  endpoint: Endpoint,
  reopen: (() => Endpoint | undefined) | undefined,
  options: WorkerClientOptions<any>,
  logger: Logger,
): Sharing {
  // Nothing is stored here: the worker is never succeeded by a page.
  const member = new Member((owner) => new SharedIndexedDbKVStore(WORKER_NAME, owner), logger);
  let isOver = false;
  const follow = (worker: Endpoint, lock: string | undefined): void => {
    worker.addEventListener('message', ({ data }: { data: LeaderMessage }) => {
      if (data.type === 'life') whenReleased(data.lock, () => !isOver && replace(lock));
    });
    const greet = (): void =>
      worker.postMessage({ type: 'greeting', options: sendable(options), lock } satisfies WorkerGreeting);
    // A member that cannot follow has said so.
    member.follow(endpointPort(worker)).then(greet, () => undefined);
  };
  const replace = (lock: string | undefined): void => {
    logger.warn('The worker of the client has died. Another one takes its place.');
    const next = reopen?.();
    if (next !== undefined) follow(next, lock);
  };
  void holdLock((lock, release) => {
    member.onLeft = () => {
      isOver = true;
      release();
    };
    follow(endpoint, lock);
  });
  return member;
}

/** What the worker's client needs to know. The session and all callbacks stay here. */
function sendable(options: WorkerClientOptions<any>): WorkerGreeting['options'] {
  const { schema, roles, serverUrl, storage, variables, claimsPath, logLevel, pingInterval, rejectedWrites } = options;
  const { syncSchema } = options;
  return {
    schema,
    roles,
    serverUrl,
    storage,
    variables,
    claimsPath,
    logLevel,
    pingInterval,
    rejectedWrites,
    syncSchema,
  };
}

/** Holds a lock by which the worker sees that this page lives; without locks the worker hears of orderly ends only. */
async function holdLock(begin: (lock: string | undefined, release: () => void) => void): Promise<void> {
  const locks = webLocks();
  if (locks === undefined) return begin(undefined, () => undefined);
  const name = `${WORKER_NAME}:${crypto.randomUUID()}`;
  await locks.request(name, () => new Promise<void>((release) => begin(name, release)));
}
