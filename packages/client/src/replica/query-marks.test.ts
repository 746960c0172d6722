import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Timestamp } from '@triplit/db';
import { BTreeKVStore } from '@triplit/db/storage/memory-btree';
import { TodoWorld } from '../testing/todo-world.ts';
import type { TodoClient } from '../testing/todo-world.ts';
import { BEGINNING, MAX_QUERY_MARKS, QueryMarks } from './query-marks.ts';

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 3_000, interval: 5 });
const at = (n: number): Timestamp => [n, 0, 'server'];

describe('the mark of a query', () => {
  test('follows the checkpoint while it is connected, and stays behind when it is not', () => {
    const marks = new QueryMarks();
    expect(marks.connect('q', at(1)).since).toEqual(BEGINNING);
    marks.answered('q');
    expect(marks.connect('q', at(5)).since).toEqual(at(5));
    // Not answered yet: what other queries learn meanwhile says nothing about this one.
    expect(marks.connect('q', at(9)).since).toEqual(at(5));
    marks.answered('q');
    marks.withdrawn('q', at(10));
    expect(new QueryMarks(marks.toStored()).connect('q', at(20)).since).toEqual(at(10));
  });

  test('never runs ahead of the checkpoint, and is forgotten when too many came after it', () => {
    const marks = new QueryMarks();
    marks.withdrawn('q', at(10));
    expect(marks.connect('q', BEGINNING).since).toEqual(BEGINNING);
    for (let index = 0; index < MAX_QUERY_MARKS; index++) marks.answered(`other ${index}`);
    expect(marks.connect('q', at(20)).since).toEqual(BEGINNING);
  });
});

describe('a query that was left and comes back', () => {
  let world: TodoWorld;
  beforeEach(async () => void (world = await TodoWorld.start()));
  afterEach(() => world.close());

  const insert = (id: string, rank: number) =>
    world.server.db.insert('todos', { id, text: id, rank }, { skipRules: true });

  function watch(client: TodoClient, rank: number): { texts: () => string[]; stop: () => void } {
    let texts: string[] = [];
    const query = client.query('todos').Where('rank', '=', rank);
    const stop = client.subscribe(query, (todos) => void (texts = todos.map((todo) => todo.text)));
    return { texts: () => texts, stop };
  }

  test.each(['the same client after a reconnect', 'a client opened anew on the same store'])(
    'shows what changed meanwhile, although other queries went on: %s',
    async (who) => {
      await insert('left', 1);
      await insert('kept', 2);
      const storage = new BTreeKVStore();
      let { client } = world.open({ storage });
      const left = watch(client, 1);
      const kept = watch(client, 2);
      await eventually(() => expect([...left.texts(), ...kept.texts()]).toEqual(['left', 'kept']));
      left.stop();
      await eventually(() => expect(client.syncEngine.queries.size).toBe(1));
      await world.server.db.update('todos', 'left', { text: 'changed' }, { skipRules: true });
      await world.server.db.update('todos', 'kept', { text: 'still here' }, { skipRules: true });
      await eventually(() => expect(kept.texts()).toEqual(['still here']));
      client.disconnect();
      if (who.startsWith('a client')) {
        await client.close();
        client = world.open({ storage }).client;
      } else {
        await client.connect();
      }
      const again = watch(client, 1);
      await eventually(() => expect(again.texts()).toEqual(['changed']));
    },
  );
});
