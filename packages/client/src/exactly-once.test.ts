/**
 * Random histories of two clients whose network fails between a write and its answer, and whose pages are closed: every
 * write has its effect exactly once, whatever others did to the same rows in between.
 */
import { BTreeKVStore } from '@triplit/db/storage/memory-btree';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { RejectedWritesPolicy } from './sync/sender.ts';
import { TodoWorld } from './testing/todo-world.ts';
import type { TestClient, TodoClient } from './testing/todo-world.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

type Step =
  | { readonly do: 'insert' | 'update' | 'forge' | 'reload' | 'disconnect' | 'connect'; readonly who: number }
  | { readonly do: 'cut' | 'restore' | 'wipe' | 'remove' }
  | { readonly do: 'wait'; readonly ms: number };

const who = fc.nat(1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('insert' as const, 'update' as const, 'update' as const), who }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forge' as const), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(12) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'restore' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('wipe' as const, 'remove' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('reload' as const, 'disconnect' as const, 'connect' as const), who }),
  },
);

test(`every write has its effect once (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.constantFrom<RejectedWritesPolicy>('rollback', 'keep'),
      fc.nat(6),
      async (steps, policy, latencyMs) => {
        const history = await History.start(policy, latencyMs);
        try {
          for (const each of steps) await history.carryOut(each);
          await history.settle();
          history.check();
        } finally {
          await history.close();
        }
      },
    ),
    { numRuns: 40, seed },
  );
}, 60_000);

/**
 * Each write adds a tag of its own to a row. Others remove all tags now and then, so that adding one again would be a
 * change again.
 */
class History {
  readonly #world: TodoWorld;
  readonly #people: Person[];
  readonly #policy: RejectedWritesPolicy;
  readonly #written: string[] = [];
  readonly #forged: string[] = [];
  readonly #added: string[] = [];
  #hasRemoved = false;
  readonly #refused: string[] = [];

  private constructor(world: TodoWorld, policy: RejectedWritesPolicy) {
    this.#world = world;
    this.#policy = policy;
    this.#people = [0, 1].map(() => new Person(world, policy, this.#refused));
    world.server.db.onCommit((changes) => {
      for (const change of changes['todos']?.sets.values() ?? [])
        for (const [tag, isThere] of Object.entries(change['tags'] ?? {})) if (isThere === true) this.#added.push(tag);
    });
  }

  static async start(policy: RejectedWritesPolicy, latencyMs: number): Promise<History> {
    const world = await TodoWorld.start();
    world.server.latencyMs = latencyMs;
    return new History(world, policy);
  }

  async carryOut(step: Step): Promise<void> {
    switch (step.do) {
      case 'cut':
        return this.#world.server.cutNetwork();
      case 'restore':
        return this.#world.server.restoreNetwork();
      case 'wait':
        return new Promise((resolve) => setTimeout(resolve, step.ms));
      case 'wipe':
        return this.#wipe();
      case 'remove':
        return this.#remove();
      case 'reload':
        return this.#people[step.who]!.reload();
      case 'connect':
        return this.#people[step.who]!.client.connect();
      case 'disconnect':
        return this.#people[step.who]!.client.disconnect();
      case 'insert':
      case 'update':
        return this.#people[step.who]!.write(step.do, this.#tag(this.#written));
      case 'forge':
        // One that is kept would stay in the way of the end of the history.
        if (this.#policy === 'rollback') await this.#people[step.who]!.forge(this.#tag(this.#forged));
    }
  }

  async settle(): Promise<void> {
    this.#world.server.restoreNetwork();
    for (const { client } of this.#people) await client.connect();
    await vi.waitFor(
      async () => {
        const rows = JSON.stringify(await this.#serverRows());
        for (const person of this.#people) {
          expect(person.client.db.outbox!.size).toBe(0);
          expect(JSON.stringify(person.seen)).toBe(rows);
        }
        expect(this.#refused.length).toBeGreaterThanOrEqual(this.#forged.length);
      },
      { timeout: 5_000, interval: 5 },
    );
  }

  check(): void {
    expect(this.#added.toSorted()).toEqual([...new Set(this.#added)].toSorted());
    const missing = this.#written.filter((tag) => !this.#added.includes(tag));
    // An update of a row that others have removed has no effect.
    if (!this.#hasRemoved) expect(missing).toEqual([]);
    expect(missing.filter((tag) => this.#people.some((person) => person.hasInserted(tag)))).toEqual([]);
    expect(this.#refused.toSorted()).toEqual(this.#forged.toSorted());
  }

  close(): Promise<void> {
    return this.#world.close();
  }

  #tag(list: string[]): string {
    const tag = `tag ${this.#written.length + this.#forged.length}`;
    list.push(tag);
    return tag;
  }

  async #wipe(): Promise<void> {
    const { db } = this.#world.server;
    for (const { id, tags } of await this.#world.serverTodos()) {
      const removed = (todo: Record<string, any>): void => {
        for (const tag of tags as Set<string>) (todo['tags'] as Set<string>).delete(tag);
      };
      await db.update('todos', id as string, removed as never, { skipRules: true });
    }
  }

  async #remove(): Promise<void> {
    for (const { id } of await this.#world.serverTodos()) {
      this.#hasRemoved = true;
      await this.#world.server.db.delete('todos', id as string, { skipRules: true });
    }
  }

  async #serverRows(): Promise<unknown> {
    return shape(await this.#world.serverTodos());
  }
}

class Person {
  readonly #world: TodoWorld;
  readonly #policy: RejectedWritesPolicy;
  readonly #kv = new BTreeKVStore();
  readonly #refused: string[];
  readonly #own: string[] = [];
  #opened: TestClient;
  seen: unknown;

  constructor(world: TodoWorld, policy: RejectedWritesPolicy, refused: string[]) {
    this.#world = world;
    this.#policy = policy;
    this.#refused = refused;
    this.#opened = this.#open();
  }

  get client(): TodoClient {
    return this.#opened.client;
  }

  /** The page ends at once: what is under way never gets its answer. */
  reload(): void {
    this.client.disconnect();
    this.#opened.transport.lose();
    this.#opened = this.#open();
  }

  async write(kind: 'insert' | 'update', tag: string): Promise<void> {
    const id = this.#own.at(-1);
    const isThere = id !== undefined && (await this.client.fetchById('todos', id, { policy: 'local-only' })) !== null;
    if (kind === 'update' && isThere) {
      await this.client.update('todos', id, (todo) => void todo.tags.add(tag));
      return;
    }
    this.#own.push(tag);
    await this.client.insert('todos', { id: tag, text: tag, ownerId: 'ann', tags: new Set([tag]) });
  }

  hasInserted(tag: string): boolean {
    return this.#own.includes(tag);
  }

  async forge(tag: string): Promise<void> {
    await this.client.insert('todos', { id: tag, text: tag, ownerId: 'bob', tags: new Set([tag]) });
  }

  #open(): TestClient {
    const opened = this.#world.openAs('ann', { storage: this.#kv, rejectedWrites: this.#policy });
    const { client } = opened;
    client.onFailureToSyncWrites((_error, writes) => void this.#refused.push(...writes['todos']!.sets.keys()));
    client.subscribe(client.query('todos').Order('id', 'ASC'), (rows) => {
      if (opened === this.#opened) this.seen = shape(rows);
    });
    return opened;
  }
}

function shape(rows: readonly Record<string, any>[]): unknown {
  return rows.map(({ id, text, tags }) => [id, text, [...(tags as Set<string>)].toSorted()]);
}
