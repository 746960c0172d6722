/**
 * Random stories of one client and two people who use it one after the other, held against maps: what is shown is at every
 * moment the confirmed state with the pending transactions on top; nothing is lost, nothing is applied twice, nothing goes
 * out under another person's name, and every refusal is told once.
 */
import { BTreeKVStore } from '@triplit/db/storage/memory-btree';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { TodoWorld } from './testing/todo-world.ts';
import type { TestClient } from './testing/todo-world.ts';
import { signToken } from './testing/tokens.ts';

type Person = 'ann' | 'bob';
type Step =
  | { readonly do: 'insert' | 'forge' | 'cut' | 'restore' | 'disconnect' | 'connect' | 'reload' | 'signOut' }
  | { readonly do: 'update' | 'delete' | 'others'; readonly row: number }
  | { readonly do: 'signIn'; readonly person: Person }
  | { readonly do: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('insert' as const, 'insert' as const, 'forge' as const) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('update' as const, 'update' as const, 'delete' as const, 'others' as const),
      row: fc.nat(9),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(15) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('cut' as const, 'restore' as const, 'disconnect' as const, 'connect' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('signIn' as const),
      person: fc.constantFrom('ann' as const, 'bob' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('reload' as const, 'signOut' as const) }) },
);

const seed = Number(process.env['MODEL_SEED'] ?? Date.now() % 2 ** 31);

test(`what is shown is the confirmed state with what is pending on top, and every write has its end (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40 }), fc.nat(4), async (steps, latencyMs) => {
      const story = await Story.begin(latencyMs);
      try {
        for (const each of steps) {
          await story.carryOut(each);
          await story.checkView();
        }
        await story.end();
      } finally {
        await story.close();
      }
    }),
    { numRuns: Number(process.env['MODEL_RUNS'] ?? 40), seed, endOnFailure: true },
  );
}, 120_000);

type WriteStep = { readonly do: 'insert' | 'forge' } | { readonly do: 'update' | 'delete'; readonly row: number };

interface Write {
  /** The text that it sets, which no other write sets; of a delete none. */
  readonly tag: string | undefined;
  readonly row: string;
}

class Story {
  readonly #world: TodoWorld;
  readonly #storage = new BTreeKVStore();
  #opened: TestClient;
  #person: Person | undefined = 'ann';
  /** Whose rows the client has made. */
  readonly #rows = new Map<string, Person>();
  readonly #writes: Write[] = [];
  readonly #forged: string[] = [];
  readonly #refused: string[] = [];
  /** What the server has applied, by tag, with the owner that the row had. */
  readonly #applied: string[] = [];
  #count = 0;

  private constructor(world: TodoWorld) {
    this.#world = world;
    this.#opened = this.#open();
    world.server.db.onCommit((changes) => {
      for (const { text } of (changes['todos']?.sets.values() ?? []) as Iterable<{ text?: string }>) {
        if (text !== undefined) this.#applied.push(text);
      }
    });
  }

  static async begin(latencyMs: number): Promise<Story> {
    const world = await TodoWorld.start();
    world.server.latencyMs = latencyMs;
    const story = new Story(world);
    await story.#opened.client.ready;
    return story;
  }

  async carryOut(step: Step): Promise<void> {
    const { client } = this.#opened;
    switch (step.do) {
      case 'wait':
        return new Promise((resolve) => setTimeout(resolve, step.ms));
      case 'cut':
        return this.#world.server.cutNetwork();
      case 'restore':
        return this.#world.server.restoreNetwork();
      case 'disconnect':
        return client.disconnect();
      case 'connect':
        return this.#person === undefined ? undefined : client.connect();
      case 'signIn':
        return this.#signIn(step.person);
      case 'signOut':
        this.#person = undefined;
        return client.endSession();
      case 'reload':
        await client.close();
        this.#opened = this.#open();
        return this.#opened.client.ready;
      case 'others':
        return this.#changeAtServer(step.row);
      default:
        return this.#person === undefined ? undefined : this.#write(step as WriteStep, this.#person);
    }
  }

  /** The law, computed anew with maps. */
  async checkView(): Promise<void> {
    const shown = new Map((await this.#shownRows()).map((row) => [row['id'] as string, row]));
    const outbox = this.#opened.client.db.outbox!;
    const touched = new Set(outbox.transactions().flatMap(({ changes }) => entities(changes)));
    for (const id of new Set([...touched, ...shown.keys()])) {
      let expected = outbox.confirmedRow('todos', id) as Record<string, unknown> | undefined;
      for (const { changes } of outbox.transactions()) {
        const part = changes['todos'];
        if (part?.deletes.has(id)) expected = undefined;
        const set = part?.sets.get(id);
        // An update of what is gone changes nothing.
        if (set !== undefined && (expected !== undefined || set['id'] !== undefined))
          expected = { ...expected, ...set };
      }
      expect({ id, text: shown.get(id)?.['text'] }).toEqual({ id, text: expected?.['text'] });
    }
  }

  /** Both people come back, the network stays. */
  async end(): Promise<void> {
    this.#world.server.restoreNetwork();
    for (const person of ['ann', 'bob', 'ann'] as const) {
      await this.#signIn(person);
      const { client } = this.#opened;
      await client.connect();
      await vi.waitFor(
        async () => {
          expect(client.syncEngine.serverReady).toBe(true);
          expect(client.syncEngine.syncInProgress).toBe(false);
          const server = (await this.#world.serverTodos()).filter(({ ownerId }) => ownerId === person);
          // The other person's writes that wait are shown as well.
          const own = (await this.#shownRows()).filter(({ id }) => this.#rows.get(id as string) === person);
          expect(textsOf(own)).toEqual(textsOf(server));
        },
        { timeout: 5_000, interval: 5 },
      );
      await this.checkView();
    }
    const { client } = this.#opened;
    await vi.waitFor(() => expect(client.db.outbox!.size).toBe(0), { timeout: 3_000, interval: 5 });
    await vi.waitFor(() => expect(this.#refused.toSorted()).toEqual(this.#forged.toSorted()), { timeout: 3_000 });
    const applied = this.#applied.filter((tag) => !tag.startsWith('others'));
    expect(applied.toSorted()).toEqual([...new Set(applied)].toSorted());
    expect(applied.filter((tag) => tag.startsWith('forged'))).toEqual([]);
    for (const [index, { tag, row }] of this.#writes.entries()) {
      // What is deleted before it was sent need not be.
      const isDeletedLater = this.#writes
        .slice(index + 1)
        .some((later) => later.row === row && later.tag === undefined);
      if (tag !== undefined && !isDeletedLater) expect(applied).toContain(tag);
    }
    const owners = (await this.#world.serverTodos()).map(({ id, ownerId }) => [id, ownerId]);
    expect(owners.toSorted()).toEqual(
      [...this.#rows].filter(([id]) => owners.some(([known]) => known === id)).toSorted(),
    );
  }

  close(): Promise<void> {
    return this.#world.close();
  }

  #open(): TestClient {
    const token = this.#person === undefined ? undefined : signToken({ sub: this.#person });
    const opened = this.#world.open({ token, storage: this.#storage });
    opened.client.subscribe(opened.client.query('todos'), () => undefined);
    opened.client.onFailureToSyncWrites((_error, writes) => void this.#refused.push(...entities(writes)));
    return opened;
  }

  async #signIn(person: Person): Promise<void> {
    this.#person = person;
    await this.#opened.client.startSession(signToken({ sub: person }));
  }

  async #write(step: WriteStep, person: Person): Promise<void> {
    const { client } = this.#opened;
    const tag = `${step.do} ${++this.#count}`;
    if (step.do === 'insert') {
      const row = `row ${this.#count}`;
      this.#rows.set(row, person);
      this.#writes.push({ tag, row });
      await client.insert('todos', { id: row, text: tag, ownerId: person });
    } else if (step.do === 'forge') {
      const id = `forged ${this.#count}`;
      this.#forged.push(id);
      await client.insert('todos', { id, text: id, ownerId: person === 'ann' ? 'bob' : 'ann' });
    } else if ('row' in step) {
      // Only what is this person's and is shown; somebody else's may vanish under the hand.
      const own = (await this.#shownRows()).filter(({ id }) => this.#rows.get(id as string) === person);
      const chosen = own[step.row % Math.max(1, own.length)]?.['id'] as string | undefined;
      if (chosen === undefined) return;
      this.#writes.push({ tag: step.do === 'update' ? tag : undefined, row: chosen });
      if (step.do === 'update') await client.update('todos', chosen, { text: tag });
      else await client.delete('todos', chosen);
    }
  }

  async #changeAtServer(which: number): Promise<void> {
    const rows = await this.#world.serverTodos();
    const chosen = rows[which % Math.max(1, rows.length)];
    if (chosen === undefined) return;
    await this.#world.server.db.update('todos', chosen['id'], { text: `others ${++this.#count}` }, { skipRules: true });
  }

  /** Nothing that comes from outside can happen while this is awaited. */
  #shownRows(): Promise<Record<string, unknown>[]> {
    const { client } = this.#opened;
    return client.fetch(client.query('todos'), { policy: 'local-only' });
  }
}

function entities(
  changes: Record<string, { sets: ReadonlyMap<string, unknown>; deletes: ReadonlySet<string> }>,
): string[] {
  return Object.values(changes).flatMap(({ sets, deletes }) => [...new Set([...sets.keys(), ...deletes])]);
}

function textsOf(rows: readonly Record<string, unknown>[]): string[] {
  return rows.map(({ id, text }) => `${String(id)}: ${String(text)}`).toSorted();
}
