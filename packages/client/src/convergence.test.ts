/**
 * Random histories of two clients and a server, with a network that comes and goes: nothing is lost, nothing refused is
 * kept, every refusal is reported once, and in the end everybody has what the server has.
 */
import type { Feature } from '@triplit/db/sync';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { TodoWorld } from './testing/todo-world.ts';
import type { TestClient } from './testing/todo-world.ts';

type Step =
  | {
      readonly do: 'insert' | 'update' | 'delete' | 'forge';
      readonly who: number;
      readonly id: number;
      readonly value: number;
    }
  | { readonly do: 'cut' | 'restore' | 'wait' }
  | { readonly do: 'disconnect' | 'connect' | 'resubscribe'; readonly who: number };

const who = fc.nat(1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'insert' as const,
        'insert' as const,
        'update' as const,
        'update' as const,
        'delete' as const,
        'forge' as const,
      ),
      who,
      id: fc.nat(5),
      value: fc.nat(99),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'restore' as const, 'wait' as const, 'wait' as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('disconnect' as const, 'connect' as const, 'connect' as const, 'resubscribe' as const),
      who,
    }),
  },
);

const turns = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count));

test.each([
  ['of version 1', new Set<Feature>(), 20],
  ['that takes transactions', new Set<Feature>(['transactions']), 40],
])(
  'clients and a server %s agree after any history',
  async (_name, features, numRuns) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (history) => {
        const world = await TodoWorld.start(features);
        const people = [person(world), person(world)];
        let forged = 0;
        try {
          for (const each of history) {
            if (each.do === 'forge') forged++;
            await carryOut(each, world, people, forged);
          }
          world.server.restoreNetwork();
          for (const { client } of people) await client.connect();
          await vi.waitFor(
            async () => {
              const rows = shape(await world.serverTodos());
              for (const { client, seen } of people) {
                expect(client.db.outbox!.size).toBe(0);
                expect(seen.rows).toEqual(rows);
              }
            },
            { timeout: 4_000, interval: 10 },
          );
          const expected = Array.from({ length: forged }, (_, n) => `forged ${n + 1}`).toSorted();
          await vi.waitFor(() => expect(people.flatMap(({ refused }) => refused).toSorted()).toEqual(expected), {
            timeout: 3_000,
            interval: 5,
          });
          expect((await world.serverTodos()).some(({ ownerId }) => ownerId === 'somebody else')).toBe(false);
        } finally {
          await world.close();
        }
      }),
      { numRuns },
    );
  },
  60_000,
);

interface Person extends TestClient {
  readonly seen: { rows: string[] };
  readonly refused: string[];
  resubscribe(): void;
}

function person(world: TodoWorld): Person {
  const opened = world.openAs('ann');
  const seen = { rows: [] as string[] };
  const refused: string[] = [];
  const { client } = opened;
  client.onFailureToSyncWrites((_error, writes) => {
    const { sets, deletes } = writes['todos']!;
    refused.push(...sets.keys(), ...deletes);
  });
  const subscribe = () =>
    client.subscribe(client.query('todos').Order('id', 'ASC'), (rows) => (seen.rows = shape(rows)));
  let unsubscribe = subscribe();
  return {
    ...opened,
    seen,
    refused,
    resubscribe: () => {
      unsubscribe();
      unsubscribe = subscribe();
    },
  };
}

async function carryOut(step: Step, world: TodoWorld, people: readonly Person[], forged: number): Promise<void> {
  switch (step.do) {
    case 'cut':
      return world.server.cutNetwork();
    case 'restore':
      return world.server.restoreNetwork();
    case 'wait':
      return turns(4);
    case 'disconnect':
      return people[step.who]!.client.disconnect();
    case 'connect':
      return people[step.who]!.client.connect();
    case 'resubscribe':
      return people[step.who]!.resubscribe();
    case 'insert':
      return void (await people[step.who]!.client.insert('todos', {
        id: `${step.id}`,
        text: `${step.value}`,
        rank: step.value,
        ownerId: 'ann',
      }));
    case 'update':
      return people[step.who]!.client.update('todos', `${step.id}`, { text: `${step.value}` });
    case 'delete':
      return people[step.who]!.client.delete('todos', `${step.id}`);
    case 'forge':
      return void (await people[step.who]!.client.insert('todos', {
        id: `forged ${forged}`,
        text: 'forged',
        ownerId: 'somebody else',
      }));
  }
}

function shape(rows: readonly Record<string, unknown>[]): string[] {
  return rows.map(({ id, text, rank }) => `${String(id)} ${String(text)} ${String(rank)}`);
}
