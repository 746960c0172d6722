import { Schema as S } from '@triplit/db';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TriplitClient } from '../client.ts';
import { TodoWorld } from '../testing/todo-world.ts';
import { startWorker } from '../testing/worker-page.ts';

const schema = S.Collections({
  people: {
    schema: S.Schema({ id: S.Id(), age: S.Number(), born: S.Optional(S.Date()), name: S.Optional(S.String()) }),
  },
});
type PeopleClient = TriplitClient<typeof schema>;

const ways: Record<string, () => PeopleClient> = {
  TriplitClient: () => new TriplitClient({ schema }),
  WorkerClient: () => startWorker().open({ schema }).client,
};
let openClient: () => PeopleClient;

const AGES = [20, 21, 19, 20, 22, 18, 20];
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

async function peopleClient(ages = AGES): Promise<PeopleClient> {
  const client = openClient();
  await client.transact(async (tx) => {
    for (const [index, age] of ages.entries()) {
      await tx.insert('people', { id: `${index + 1}`, age, born: new Date(2000 + age, 0), name: `n${index}` });
    }
  });
  return client;
}

function paginate(client: PeopleClient, query: unknown = client.query('people').Order('age', 'ASC').Limit(3)) {
  const pages: string[] = [];
  const controls = client.subscribeWithPagination(query as ReturnType<PeopleClient['query']>, (rows, info) => {
    const flags = [info.hasPreviousPage, info.hasNextPage].map((flag) => (flag ? 'T' : 'F')).join('');
    pages.push(`${rows.map((row) => row['id']).join()} ${flags}`);
  });
  return {
    client,
    pages,
    ...controls,
    async shown(): Promise<string | undefined> {
      await settle();
      return pages.at(-1);
    },
  };
}

describe.each(Object.entries(ways))('%s', (_name, open) => {
  beforeEach(() => void (openClient = open));

  describe('turning pages', () => {
    test('forwards and back', async () => {
      const page = paginate(await peopleClient());
      expect(await page.shown()).toBe('6,3,1 FT');
      page.nextPage();
      expect(await page.shown()).toBe('4,7,2 TT');
      page.nextPage();
      expect(await page.shown()).toBe('5 TF');
      page.prevPage();
      expect(await page.shown()).toBe('4,7,2 TT');
      page.prevPage();
      expect(await page.shown()).toBe('6,3,1 FT');
      page.prevPage();
      expect(await page.shown()).toBe('6,3,1 FT');
      expect(page.pages).toHaveLength(5);
    });

    test('by dates, downwards, with attributes that were not selected', async () => {
      const client = await peopleClient();
      const query = client.query('people').Select(['name']).Order('born', 'DESC').Limit(3);
      const rows: unknown[] = [];
      const page = client.subscribeWithPagination(query, (results) => rows.push(results));
      await settle();
      page.nextPage();
      await settle();
      expect(rows.at(-1)).toEqual([{ name: 'n3' }, { name: 'n6' }, { name: 'n2' }]);
    });

    test("leaves the caller's query alone", async () => {
      const query = { collectionName: 'people', order: [['age', 'ASC']], limit: 3 } as const;
      const page = paginate(await peopleClient(), query);
      expect(await page.shown()).toBe('6,3,1 FT');
      expect(query.order).toEqual([['age', 'ASC']]);
    });

    test('without an order goes by id, without a limit not at all', async () => {
      const client = await peopleClient();
      expect(await paginate(client, { collectionName: 'people', limit: 2 }).shown()).toBe('1,2 FT');
      const all = paginate(client, { collectionName: 'people', order: [['id', 'ASC']] });
      all.nextPage();
      expect(await all.shown()).toBe('1,2,3,4,5,6,7 FF');
    });

    test('of nothing, and of less than a page', async () => {
      expect(await paginate(await peopleClient([])).shown()).toBe(' FF');
      expect(await paginate(await peopleClient([1, 2])).shown()).toBe('1,2 FF');
    });

    test('after the end does nothing, and asks the server nothing', async () => {
      const page = paginate(await peopleClient());
      await page.shown();
      page.unsubscribe();
      page.nextPage();
      page.prevPage();
      expect(await page.shown()).toBe('6,3,1 FT');
      expect([page.pages.length, page.client.syncEngine.queries.size]).toEqual([1, 0]);
    });

    test('ends with one function, whatever page is shown', async () => {
      const client = await peopleClient();
      const { pages, nextPage, unsubscribe } = paginate(client);
      await settle();
      nextPage();
      await settle();
      unsubscribe();
      await client.insert('people', { id: '8', age: 20 });
      await settle();
      expect(pages).toHaveLength(2);
    });
  });

  describe('while rows change', () => {
    test('after the window, inside it, and before it', async () => {
      const client = await peopleClient();
      const page = paginate(client);
      expect(await page.shown()).toBe('6,3,1 FT');
      for (const id of ['4', '7', '2', '5']) await client.delete('people', id);
      expect(await page.shown()).toBe('6,3,1 FF');
      await client.insert('people', { id: '9', age: 30 });
      expect(await page.shown()).toBe('6,3,1 FT');
      await client.insert('people', { id: '8', age: 17 });
      expect(await page.shown()).toBe('8,6,3 FT');
    });

    test('a row before the first page shifts it, also after paging back', async () => {
      const client = await peopleClient();
      const page = paginate(client);
      await settle();
      page.nextPage();
      await settle();
      page.prevPage();
      await settle();
      await client.insert('people', { id: '8', age: 17 });
      expect(await page.shown()).toBe('8,6,3 FT');
    });

    test('deleting the whole page before leaves no previous page', async () => {
      const client = await peopleClient([1, 2, 3, 4]);
      const page = paginate(client);
      await settle();
      page.nextPage();
      expect(await page.shown()).toBe('4 TF');
      await client.transact(async (tx) => {
        for (const id of ['1', '2', '3']) await tx.delete('people', id);
      });
      expect(await page.shown()).toBe('4 FF');
    });

    test('deleting only the row before keeps the previous page', async () => {
      const client = await peopleClient([1, 2, 3, 4]);
      const page = paginate(client);
      await settle();
      page.nextPage();
      await settle();
      await client.delete('people', '3');
      expect(await page.shown()).toBe('4 TF');
      page.prevPage();
      expect(await page.shown()).toBe('1,2,4 FF');
    });

    test('each change is shown once', async () => {
      const client = await peopleClient();
      const page = paginate(client);
      await settle();
      page.nextPage();
      await settle();
      const shown = page.pages.length;
      await client.transact(async (tx) => {
        await tx.delete('people', '1');
        await tx.delete('people', '4');
      });
      await settle();
      expect(page.pages.slice(shown)).toEqual(['7,2,5 TF']);
    });
  });

  describe('a list that grows', () => {
    function expand(client: PeopleClient, query: unknown = client.query('people').Order('age', 'ASC').Limit(3)) {
      const seen: string[] = [];
      const controls = client.subscribeWithExpand(query as ReturnType<PeopleClient['query']>, (rows, { hasMore }) => {
        seen.push(`${rows.length} ${hasMore}`);
      });
      return { seen, ...controls };
    }

    test('by its limit, until there is no more', async () => {
      const list = expand(await peopleClient());
      await settle();
      for (let times = 0; times < 3; times++) {
        list.loadMore();
        await settle();
      }
      expect(list.seen).toEqual(['3 true', '6 true', '7 false', '7 false']);
    });

    test('by any number', async () => {
      const list = expand(await peopleClient());
      await settle();
      list.loadMore(2);
      await settle();
      list.loadMore(2);
      await settle();
      expect(list.seen).toEqual(['3 true', '5 true', '7 false']);
    });

    test('follows what comes and goes, inside and outside', async () => {
      const client = await peopleClient([1, 2, 3]);
      const list = expand(client);
      await settle();
      await client.insert('people', { id: '4', age: 4 });
      await settle();
      await client.delete('people', '1');
      await settle();
      expect(list.seen).toEqual(['3 false', '3 true', '3 false']);
    });

    test('ignores what is no number, and stops when told', async () => {
      const list = expand(await peopleClient());
      await settle();
      list.loadMore({ type: 'click' } as never);
      await settle();
      list.unsubscribe();
      list.loadMore();
      await settle();
      expect(list.seen).toEqual(['3 true', '6 true']);
    });
  });

  describe('with a server', () => {
    let world: TodoWorld;
    beforeEach(async () => {
      world = await TodoWorld.start();
      for (let n = 1; n <= 7; n++)
        await world.server.db.insert('todos', { id: `${n}`, text: `${n}`, rank: n }, { skipRules: true });
    });
    afterEach(() => world.close());

    test('pages that are not known locally are fetched', async () => {
      const { client } = world.open();
      const pages: string[] = [];
      const page = client.subscribeWithPagination(client.query('todos').Order('rank', 'ASC').Limit(3), (rows, info) => {
        pages.push(`${rows.map(({ id }) => id).join()} ${info.hasPreviousPage} ${info.hasNextPage}`);
      });
      await vi.waitFor(() => expect(pages.at(-1)).toBe('1,2,3 false true'));
      page.nextPage();
      await vi.waitFor(() => expect(pages.at(-1)).toBe('4,5,6 true true'));
      page.nextPage();
      await vi.waitFor(() => expect(pages.at(-1)).toBe('7 true false'));
      page.prevPage();
      await vi.waitFor(() => expect(pages.at(-1)).toBe('4,5,6 true true'));
      page.prevPage();
      await vi.waitFor(() => expect(pages.at(-1)).toBe('1,2,3 false true'));
    });
  });

  describe('hasRemoteFulfilled', () => {
    test('tells a page that the server has confirmed from one that is only known locally', async () => {
      const world = await TodoWorld.start();
      const { client } = world.open();
      const seen: [rows: number, isAnswered: boolean][] = [];
      const query = client.query('todos').Order('rank', 'ASC').Limit(2);
      const controls = client.subscribeWithPagination(query, (rows, { hasRemoteFulfilled }) => {
        seen.push([rows.length, hasRemoteFulfilled]);
      });
      const last = (expected: readonly [number, boolean]) =>
        vi.waitFor(() => expect(seen.at(-1)).toEqual(expected), { timeout: 3_000 });
      await last([0, true]);
      expect(seen).toEqual([
        [0, false],
        [0, true],
      ]);
      for (const rank of [1, 2, 3]) await client.insert('todos', { text: `${rank}`, rank });
      await last([2, true]);
      controls.nextPage();
      await last([1, true]);
      controls.unsubscribe();
      await world.close();
    });

    test('is false without a server, with and without a limit', async () => {
      const client = await peopleClient();
      const infos: unknown[] = [];
      client.subscribeWithPagination(client.query('people').Limit(1), (_rows, info) => infos.push(info));
      client.subscribeWithPagination(client.query('people'), (_rows, info) => infos.push(info));
      await settle();
      expect(infos).toEqual(
        expect.arrayContaining([
          { hasNextPage: true, hasPreviousPage: false, hasRemoteFulfilled: false },
          { hasNextPage: false, hasPreviousPage: false, hasRemoteFulfilled: false },
        ]),
      );
    });
  });
});
