/**
 * The same stories for every way to use a database: the local client, the client over a socket, the client in a worker, and
 * HTTP. What they read and write, and how they fail, must not depend on the way.
 */
import { and, exists, or, Schema as S } from '@triplit/db';
import type { DBSchema } from '@triplit/db';
import { MemoryHandler } from '@triplit/logger/memory';
import { WebSocket } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { TriplitClient } from './client.ts';
import { HttpClient } from './remote/http-client.ts';
import { startNodeServer } from './testing/node-server.ts';
import type { NodeServer } from './testing/node-server.ts';
import { quietLogger } from './testing/todo-world.ts';
import { SERVICE_CLAIMS, signToken } from './testing/tokens.ts';
import { startWorker } from './testing/worker-page.ts';

const schema = S.Collections({
  notes: {
    schema: S.Schema({
      id: S.Id(),
      title: S.String(),
      rank: S.Number({ default: 0 }),
      done: S.Boolean({ default: false }),
      at: S.Date({ nullable: true, default: null }),
      tags: S.Set(S.String(), { default: S.Default.Set.empty() }),
      place: S.Record({ city: S.Optional(S.String()), zip: S.Optional(S.String()) }),
      extra: S.Optional(S.Json()),
      authorId: S.Optional(S.String({ nullable: true })),
    }),
    relationships: { author: S.RelationById('people', '$authorId') },
  },
  people: {
    schema: S.Schema({ id: S.Id(), name: S.String() }),
    relationships: { notes: S.RelationMany('notes', { where: [['authorId', '=', '$id']] }) },
  },
});

/** What a note must have. */
const place = {};

type Client = TriplitClient<typeof schema>;
/** What all ways have in common. */
type Contracted = Pick<Client, 'insert' | 'update' | 'delete' | 'fetch' | 'fetchOne' | 'fetchById' | 'query'>;

let server: NodeServer;
let serverUrl: string;
let cleanUp: (() => unknown)[] = [];
const token = signToken(SERVICE_CLAIMS);

beforeAll(async () => {
  vi.stubGlobal('WebSocket', WebSocket);
  server = await startNodeServer({ collections: schema } as unknown as DBSchema);
  serverUrl = server.url;
});
afterAll(async () => {
  await server.close();
  vi.unstubAllGlobals();
});

const http = (): HttpClient<typeof schema> => new HttpClient({ serverUrl, token, schema });
const logger = () => quietLogger(new MemoryHandler());

const ways = {
  'the local client': (): Client => closing(new TriplitClient({ schema, logger: logger() })),
  'the client over a socket': (): Client =>
    closing(new TriplitClient({ schema, serverUrl, token, logger: logger(), pingInterval: 0 })),
  'the client in a worker': (): Client => {
    const page = startWorker().open<typeof schema>({ schema, serverUrl, token, logger: logger(), pingInterval: 0 });
    const client = closing(page.client);
    cleanUp.push(() => page.close());
    return client;
  },
  HTTP: (): Contracted => http() as unknown as Contracted,
};

function closing(client: Client): Client {
  cleanUp.push(() => client.close());
  return client;
}

describe.each(Object.entries(ways))('%s', (way, open) => {
  const isLocal = way === 'the local client';
  let client: Contracted;
  beforeEach(async () => {
    for (const collection of ['notes', 'people'] as const) await http().deleteAll(collection);
    client = open();
  });
  afterEach(async () => {
    const tasks = cleanUp;
    cleanUp = [];
    for (const task of tasks) await task();
  });

  /** Whatever was written is in the end what the server has, where there is one. */
  async function serverAgrees(): Promise<void> {
    if (isLocal) return;
    const query = client.query('notes').Order('id', 'ASC');
    const here = await client.fetch(query);
    await vi.waitFor(async () => expect(await http().fetch(query as never)).toEqual(here), {
      timeout: 3_000,
      interval: 10,
    });
  }
  const ids = (rows: readonly { id?: string }[]): (string | undefined)[] => rows.map(({ id }) => id);
  const errorOf = (action: Promise<unknown>): Promise<string> =>
    action.then(
      () => 'none',
      (error: Error) => error.name,
    );

  describe('writes', () => {
    test('an insert gives back the entity with its defaults, and reads as it was written', async () => {
      const at = new Date('2020-02-02T02:02:02.002Z');
      const inserted = await client.insert('notes', {
        id: 'a',
        title: 'A',
        at,
        tags: new Set(['x', 'y']),
        place: { city: 'Rome' },
        extra: { deep: [1, { b: null }] },
      });
      expect(inserted).toMatchObject({ id: 'a', title: 'A', rank: 0, done: false, at, tags: new Set(['x', 'y']) });
      expect(await client.fetchById('notes', 'a')).toMatchObject({
        title: 'A',
        rank: 0,
        at,
        tags: new Set(['x', 'y']),
        place: { city: 'Rome' },
        extra: { deep: [1, { b: null }] },
      });
      await serverAgrees();
    });

    test('an id is made up where none is given', async () => {
      const { id } = await client.insert('notes', { title: 'A', place });
      expect(id).toMatch(/\S{8,}/);
      expect(await client.fetchById('notes', id)).toMatchObject({ id, title: 'A' });
    });

    test('an insert over an entity takes its place', async () => {
      await client.insert('notes', { id: 'a', title: 'old', rank: 5, place });
      await client.insert('notes', { id: 'a', title: 'new', place });
      expect(await client.fetchById('notes', 'a')).toMatchObject({ title: 'new', rank: 0 });
      await serverAgrees();
    });

    test('a patch merges records and adds to sets', async () => {
      await client.insert('notes', { id: 'a', title: 'A', tags: new Set(['x']), place: { city: 'Rome' } });
      await client.update('notes', 'a', { rank: 3, tags: new Set(['y']), place: { zip: '00100' } });
      expect(await client.fetchById('notes', 'a')).toMatchObject({
        title: 'A',
        rank: 3,
        tags: new Set(['x', 'y']),
        place: { city: 'Rome', zip: '00100' },
      });
      await serverAgrees();
    });

    test('a function updates what it touches', async () => {
      await client.insert('notes', { id: 'a', title: 'A', tags: new Set(['x', 'y']), at: new Date(0), place });
      await client.update('notes', 'a', (note) => {
        note.title += '!';
        note.tags.add('z');
        note.tags.delete('x');
        note.at = new Date(5);
        note.extra = { n: 1 };
      });
      expect(await client.fetchById('notes', 'a')).toMatchObject({
        title: 'A!',
        tags: new Set(['y', 'z']),
        at: new Date(5),
        extra: { n: 1 },
      });
      await client.update('notes', 'a', async (note) => {
        await Promise.resolve();
        note.tags = new Set(['only']);
        note.at = null;
        delete note.extra;
      });
      expect(await client.fetchById('notes', 'a')).toMatchObject({ tags: new Set(['only']), at: null });
      expect((await client.fetchById('notes', 'a'))!.extra ?? null).toBeNull();
      await serverAgrees();
    });

    test('a delete removes, also what is not there', async () => {
      await client.insert('notes', { id: 'a', title: 'A', place });
      await client.delete('notes', 'a');
      await client.delete('notes', 'never');
      expect(await client.fetchById('notes', 'a')).toBeNull();
      await serverAgrees();
    });

    test('what is wrong is refused, by the same name', async () => {
      await client.insert('notes', { id: 'a', title: 'A', place });
      expect(await errorOf(client.insert('nothing' as never, { id: 'a' } as never))).toBe('InvalidCollectionNameError');
      expect(await errorOf(client.insert('notes', { id: 'b', title: 5 } as never))).toBe('DBSerializationError');
      expect(await errorOf(client.update('notes', 'missing', () => undefined))).toBe('EntityNotFoundError');
      expect(await errorOf(client.update('notes', 'a', { id: 'b' } as never))).toBe('InvalidOperationError');
      expect(await errorOf(client.fetch({ collectionName: 'nothing' } as never))).toBe('InvalidCollectionNameError');
      expect(ids(await client.fetch(client.query('notes')))).toEqual(['a']);
    });
  });

  describe('queries', () => {
    beforeEach(async () => {
      await client.insert('people', { id: 'ann', name: 'Ann' });
      await client.insert('people', { id: 'bob', name: 'Bob' });
      for (const [index, title] of ['e', 'd', 'c', 'b', 'a'].entries()) {
        await client.insert('notes', {
          id: `${index}`,
          title,
          place,
          rank: index % 2,
          done: index > 2,
          tags: new Set([title, 'all']),
          at: new Date(index * 1000),
          authorId: index < 2 ? 'ann' : index < 4 ? 'bob' : null,
        });
      }
      await serverAgrees();
    });

    const titles = async (query: object): Promise<string[]> =>
      ((await client.fetch(query as never)) as { title: string }[]).map(({ title }) => title);

    test('filters of every kind', async () => {
      const notes = client.query('notes').Order('title', 'ASC');
      expect(await titles(notes.Where('rank', '=', 1))).toEqual(['b', 'd']);
      expect(await titles(notes.Where([['title', 'in', ['a', 'e']]]))).toEqual(['a', 'e']);
      expect(await titles(notes.Where('title', 'like', '_'))).toHaveLength(5);
      expect(await titles(notes.Where('tags', 'has', 'c'))).toEqual(['c']);
      expect(await titles(notes.Where('at', '>=', new Date(3000)))).toEqual(['a', 'b']);
      expect(await titles(notes.Where('authorId', 'isDefined', false))).toEqual(['a']);
      expect(
        await titles(
          notes.Where([
            or([
              ['title', '=', 'a'],
              and([
                ['rank', '=', 0],
                ['done', '=', false],
              ]),
            ]),
          ]),
        ),
      ).toEqual(['a', 'c', 'e']);
      expect(await titles(notes.Where([['author.name', '=', 'Bob']]))).toEqual(['b', 'c']);
      expect(await titles(notes.Where([exists('author', { where: [['name', '=', 'Ann']] })]))).toEqual(['d', 'e']);
      expect(await titles(notes.Vars({ wanted: 'd' }).Where('title', '=', '$query.wanted'))).toEqual(['d']);
      expect(await titles(notes.Where('title', '=', 'none'))).toEqual([]);
    });

    test('order, limit and cursor', async () => {
      const notes = client.query('notes');
      expect(await titles(notes.Order(['rank', 'DESC'], ['title', 'ASC']))).toEqual(['b', 'd', 'a', 'c', 'e']);
      expect(await titles(notes.Order('title', 'DESC').Limit(2))).toEqual(['e', 'd']);
      const [, second] = await client.fetch(notes.Order('title', 'ASC').Limit(2));
      expect(await titles(notes.Order('title', 'ASC').After(second).Limit(2))).toEqual(['c', 'd']);
      expect(
        await titles(notes.Order(['author.name', 'DESC'], ['title', 'ASC']).Where('authorId', '!=', null)),
      ).toEqual(['b', 'c', 'd', 'e']);
    });

    test('selection and inclusion', async () => {
      expect(await client.fetchOne(client.query('notes').Select(['title']).Order('title', 'ASC'))).toEqual({
        title: 'a',
      });
      const note = await client.fetchOne(client.query('notes').Id('0').Include('author'));
      expect(note).toMatchObject({ id: '0', author: { id: 'ann', name: 'Ann' } });
      expect(await client.fetchOne(client.query('notes').Id('4').Include('author'))).toMatchObject({ author: null });
      const person = await client.fetchOne(client.query('people').Id('bob').Include('notes'));
      expect(person!.notes.map(({ title }) => title).toSorted()).toEqual(['b', 'c']);
      expect(person!.notes[0]!.at).toBeInstanceOf(Date);
    });

    test('one, by id, and none', async () => {
      expect(await client.fetchOne(client.query('notes').Order('title', 'ASC'))).toMatchObject({ title: 'a' });
      expect(await client.fetchOne(client.query('notes').Where('title', '=', 'z'))).toBeNull();
      expect(await client.fetchById('notes', '3')).toMatchObject({ title: 'b', tags: new Set(['b', 'all']) });
      expect(await client.fetchById('notes', 'none')).toBeNull();
    });
  });
});

describe.each(Object.entries(ways).filter(([way]) => way !== 'HTTP'))('%s, live and in transactions', (_way, open) => {
  let client: Client;
  beforeEach(async () => {
    await http().deleteAll('notes');
    client = open() as Client;
  });
  afterEach(async () => {
    const tasks = cleanUp;
    cleanUp = [];
    for (const task of tasks) await task();
  });

  test('a subscription sees each change of its result', async () => {
    const seen: string[][] = [];
    const stop = client.subscribe(client.query('notes').Where('rank', '>', 0).Order('id', 'ASC'), (notes) => {
      seen.push(notes.map(({ title }) => title));
    });
    await vi.waitFor(() => expect(seen).toEqual([[]]));
    await client.insert('notes', { id: 'a', title: 'A', rank: 1, place });
    await client.insert('notes', { id: 'b', title: 'hidden', place });
    await client.update('notes', 'a', { title: 'A!' });
    await client.update('notes', 'b', { rank: 2 });
    await client.delete('notes', 'a');
    await vi.waitFor(() => expect(seen).toEqual([[], ['A'], ['A!'], ['A!', 'hidden'], ['hidden']]));
    stop();
    await client.delete('notes', 'b');
    expect(seen).toHaveLength(5);
  });

  test('a transaction reads its own writes, and is all or nothing', async () => {
    const result = await client.transact(async (tx) => {
      await tx.insert('notes', { id: 'a', title: 'A', place });
      await tx.update('notes', 'a', (note) => void (note.title += '!'));
      return (await tx.fetchById('notes', 'a'))!.title;
    });
    expect(result).toBe('A!');
    const failing = client.transact(async (tx) => {
      await tx.delete('notes', 'a');
      await tx.insert('notes', { id: 'b', title: 'B', place });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await client.fetch(client.query('notes'))).toMatchObject([{ id: 'a', title: 'A!' }]);
  });
});
