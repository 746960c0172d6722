/**
 * Runs one client in a worker for all pages that greet it. It has no session of its own: it takes that of the pages. Tabs
 * with a worker each share their database like tabs without workers.
 */
import { BTreeKVStore } from '@triplit/db/storage/memory-btree';
import { Logger } from '@triplit/logger';
import type { LogHandler } from '@triplit/logger';
import { TriplitClient } from '../client.ts';
import type { ClientOptions } from '../client-options.ts';
import { indexedDbOptions } from '../replica/storage-options.ts';
import { Member } from '../sharing/member.ts';
import { endpointPort } from '../sharing/port.ts';
import type { LeaderMessage } from '../sharing/messages.ts';
import type { Endpoint } from '../sharing/port.ts';
import { browserTabs } from '../sharing/tab-platform.ts';
import type { SyncTransport } from '../transport/transport.ts';
import { webLocks, whenReleased } from '../sharing/web-locks.ts';
import type { WorkerGreeting } from './worker-greeting.ts';

/** What is used of the global scope of a worker, shared or dedicated. */
export interface WorkerScope {
  addEventListener(type: string, listener: (event: any) => void): void;
}

/** `transport`: how the client reaches the server; by default over a WebSocket. */
export function serveClient(scope: WorkerScope, { transport }: Pick<ClientOptions, 'transport'> = {}): void {
  const pages = new Pages(transport);
  // A shared worker is given a port by each page.
  scope.addEventListener('connect', ({ ports }: { ports: readonly Endpoint[] }) => pages.expect(ports[0]!));
  // The scope of a dedicated worker is a port itself.
  if ('postMessage' in scope) pages.expect(scope as unknown as Endpoint);
}

class Pages {
  readonly #transport: SyncTransport | undefined;
  /** Settles with the name of a lock that is held until the worker ends. */
  readonly #living = new Promise<string>((resolve) => {
    const name = `triplit-worker:${crypto.randomUUID()}`;
    void webLocks()?.request(name, () => {
      resolve(name);
      return new Promise(() => undefined);
    });
  });
  readonly #logs = new Set<Endpoint>();
  #member: Promise<Member> | undefined;

  constructor(transport: SyncTransport | undefined) {
    this.#transport = transport;
  }

  expect(endpoint: Endpoint): void {
    const receive = ({ data }: { data: unknown }): void => {
      if ((data as Partial<WorkerGreeting> | null)?.type !== 'greeting') return;
      endpoint.removeEventListener('message', receive);
      void this.#welcome(endpoint, data as WorkerGreeting);
    };
    endpoint.addEventListener('message', receive);
    endpoint.start?.();
  }

  async #welcome(endpoint: Endpoint, { options, lock }: WorkerGreeting): Promise<void> {
    this.#logs.add(endpoint);
    let member: Member;
    try {
      this.#member ??= this.#open(options);
      member = await this.#member;
    } catch (error) {
      // The next page may ask for something that can be done.
      this.#member = undefined;
      endpoint.postMessage({ type: 'refusal', reason: (error as Error).message } satisfies LeaderMessage);
      return;
    }
    const showOut = member.accept(endpointPort(endpoint));
    void this.#living.then((life) => endpoint.postMessage({ type: 'life', lock: life } satisfies LeaderMessage));
    if (lock === undefined) return;
    whenReleased(lock, () => {
      this.#logs.delete(endpoint);
      showOut();
    });
  }

  async #open({ logLevel, storage, ...options }: WorkerGreeting['options']): Promise<Member> {
    const logger = new Logger([this.#relay()], undefined, logLevel === 'debug' ? 'DEBUG' : 'INFO');
    const platform = browserTabs();
    const shared = indexedDbOptions(storage);
    const isShared = shared !== undefined && platform !== undefined;
    const { shareStorage } = await import('../sharing/share-storage.ts');
    const member = isShared
      ? shareStorage(shared, logger, platform, { servesOnly: true })
      : new Member(() => new BTreeKVStore(), logger, { servesOnly: true });
    const client = new TriplitClient(
      {
        ...options,
        storage: storage ?? 'memory',
        logger,
        autoConnect: false,
        ...(this.#transport && { transport: this.#transport }),
      },
      member,
    );
    // Whoever greets is told.
    client.ready.catch(() => undefined);
    if (!isShared) member.lead();
    return member;
  }

  /** Log records go to the pages, where somebody may look. */
  #relay(): LogHandler {
    return {
      log: ({ level, message, context, attributes }) => {
        const text = ['worker', context, message].filter(Boolean).join(': ');
        for (const endpoint of this.#logs)
          endpoint.postMessage({ type: 'log', level, message: text, attributes: plain(attributes) });
      },
      startSpan: () => undefined,
      endSpan: () => undefined,
      recordMetric: () => undefined,
    };
  }
}

/** Attributes may hold what cannot be sent, such as errors with functions. */
function plain(attributes: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  if (attributes === undefined) return undefined;
  try {
    return JSON.parse(JSON.stringify(attributes)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
