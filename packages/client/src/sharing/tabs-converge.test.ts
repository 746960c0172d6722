/**
 * Random histories of tabs that write, come, crash and close, while the network comes and goes: what a tab was told to be
 * stored is never lost, what the server refuses is taken back everywhere, and in the end all tabs show what the server has.
 */
import 'fake-indexeddb/auto';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { Tab } from '../testing/tab-world.ts';
import { TabWorld } from '../testing/tab-world.ts';

type Step =
  | { readonly do: 'insert' | 'update' | 'delete' | 'forge'; readonly tab: number; readonly id: number }
  | { readonly do: 'open' | 'cut' | 'restore' }
  | { readonly do: 'crash' | 'close'; readonly tab: number }
  | { readonly do: 'wait'; readonly ms: number };

const tab = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('insert' as const, 'insert' as const, 'update' as const, 'delete' as const, 'forge' as const),
      tab,
      id: fc.nat(5),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('open' as const, 'cut' as const, 'restore' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('crash' as const, 'close' as const), tab }) },
);

const seed = Number(process.env['TABS_SEED'] ?? Date.now() % 2 ** 31);

test(`whatever happens to tabs, they agree and lose nothing (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const history = new History(await TabWorld.start());
      try {
        for (const each of steps) await history.carryOut(each);
        await history.settle();
      } finally {
        await history.close();
      }
    }),
    { numRuns: Number(process.env['TABS_RUNS'] ?? 40), seed, endOnFailure: true },
  );
}, 120_000);

class History {
  readonly #world: TabWorld;
  readonly #tabs: Tab[];
  /** Writes that somebody was told to be stored; each has an id of its own. */
  readonly #stored: string[] = [];
  readonly #refused = new Map<Tab, string[]>();
  #count = 0;

  constructor(world: TabWorld) {
    this.#world = world;
    this.#tabs = [];
    this.#open();
    this.#open();
  }

  async carryOut(step: Step): Promise<void> {
    switch (step.do) {
      case 'open':
        return this.#tabs.length < 4 ? this.#open() : undefined;
      case 'cut':
        return this.#world.server.cutNetwork();
      case 'restore':
        return this.#world.server.restoreNetwork();
      case 'wait':
        return new Promise((resolve) => setTimeout(resolve, step.ms));
      default:
    }
    const chosen = this.#tabs[step.tab % this.#tabs.length]!;
    if (!('id' in step)) {
      if (this.#tabs.length === 1) return;
      this.#tabs.splice(this.#tabs.indexOf(chosen), 1);
      if (step.do === 'crash') chosen.kill();
      else void chosen.client.close();
      return;
    }
    this.#write(step.do, chosen, `shared ${step.id}`);
  }

  /** All tabs agree with the server, and with what they were told. */
  async settle(): Promise<void> {
    this.#world.server.restoreNetwork();
    await vi.waitFor(
      async () => {
        const texts = await this.#world.serverTexts();
        for (const { client, texts: shown } of this.#tabs) {
          expect(shown()).toEqual(texts);
          expect(await client.pendingChanges()).toEqual([]);
        }
        for (const text of this.#stored) expect(texts).toContain(text);
        expect(texts.filter((text) => text.startsWith('forged'))).toEqual([]);
      },
      { timeout: 8_000, interval: 10 },
    );
    for (const refused of this.#refused.values()) expect(refused).toEqual([...new Set(refused)]);
  }

  close(): Promise<void> {
    return this.#world.close();
  }

  #open(): void {
    const opened = this.#world.openTab('ann');
    const refused: string[] = [];
    this.#refused.set(opened, refused);
    opened.client.onFailureToSyncWrites((_error, writes) => void refused.push(...writes['todos']!.sets.keys()));
    this.#tabs.push(opened);
  }

  #write(what: 'insert' | 'update' | 'delete' | 'forge', tab: Tab, shared: string): void {
    const { client } = tab;
    const name = `${what} ${++this.#count}`;
    // A write in a tab that is killed may fail, or never hear that it was stored.
    const ignore = (): undefined => undefined;
    if (what === 'insert') {
      client.insert('todos', { id: name, text: name, ownerId: 'ann' }).then(
        // A tab that was killed is told nothing, even if this one goes on.
        () => tab.isAlive() && this.#stored.push(name),
        ignore,
      );
    } else if (what === 'update') {
      client.insert('todos', { id: shared, text: name, ownerId: 'ann' }).catch(ignore);
    } else if (what === 'delete') {
      client.delete('todos', shared).catch(ignore);
    } else {
      client.insert('todos', { id: `forged ${name}`, text: `forged ${name}`, ownerId: 'bob' }).catch(ignore);
    }
  }
}
