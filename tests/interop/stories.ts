/** Whole stories between a client and a server of different makers: what an app does, seen through its public API. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startCuttingProxy } from './cutting-proxy.ts';
import type { CuttingProxy } from './cutting-proxy.ts';
import { useBrowserWebSocket } from './libraries.ts';
import type { ClientLibrary } from './libraries.ts';
import { storySchema } from './schema.ts';
import { startServerProcess } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';
import { JWT_SECRET, SERVICE_CLAIMS, signToken } from './tokens.ts';

interface Cast {
  readonly client: () => Promise<ClientLibrary>;
  /** Module that exports `createServer`. */
  readonly server: string;
}

const SETTLE_MS = 10_000;
const userToken = (name: string, extra: object = {}): string => signToken({ sub: name, ...extra });

export function tellStories(title: string, { client: loadClient, server: serverModule }: Cast): void {
  describe(title, () => {
    let library: ClientLibrary;
    let server: ServerProcess;
    let proxy: CuttingProxy;
    const clients: any[] = [];

    beforeAll(async () => {
      useBrowserWebSocket();
      library = await loadClient();
      const schema = storySchema(library.Schema);
      server = await startServerProcess(serverModule, { jwtSecret: JWT_SECRET, dbOptions: { schema } });
      proxy = await startCuttingProxy(server.port);
    });
    afterEach(async () => {
      proxy.restore();
      await Promise.all(clients.splice(0).map((client) => client.endSession()));
    });
    afterAll(async () => {
      await proxy?.close();
      await server?.stop();
    });

    function open(token: string, options: Record<string, unknown> = {}): any {
      const { collections, roles } = storySchema(library.Schema);
      const client = new library.TriplitClient({
        serverUrl: proxy.url,
        token,
        schema: collections,
        roles,
        logLevel: 'error',
        ...options,
      });
      clients.push(client);
      return client;
    }
    const openService = (): any => open(signToken(SERVICE_CLAIMS));

    /** The latest result of a live query, and whether the server has answered it. */
    function watch(client: any, query: any): { rows: any[]; answered: boolean } {
      const state = { rows: [] as any[], answered: false };
      client.subscribe(query, (rows: any[]) => (state.rows = rows), undefined, {
        onRemoteFulfilled: () => (state.answered = true),
      });
      return state;
    }
    const eventually = (assertion: () => unknown): Promise<unknown> =>
      vi.waitFor(assertion, { timeout: SETTLE_MS, interval: 20 });
    const serverRows = (query: any): Promise<any[]> => openService().http.fetch(query);

    test('a row inserted by one client appears live at another', async () => {
      const [writer, reader] = [openService(), openService()];
      const posts = watch(reader, reader.query('posts').Where('authorId', '=', 'live'));
      await eventually(() => expect(posts.answered).toBe(true));
      await writer.insert('posts', { id: 'live-1', title: 'Hello', authorId: 'live', tags: new Set(['a', 'b']) });
      await eventually(() => expect(posts.rows).toHaveLength(1));
      const [post] = posts.rows;
      expect(post).toMatchObject({ id: 'live-1', title: 'Hello', likes: 0, published: false });
      expect(post.tags).toEqual(new Set(['a', 'b']));
      expect(post.createdAt).toBeInstanceOf(Date);
    });

    test('updates of attributes, sets and records, and deletes, travel both ways', async () => {
      const [one, two] = [openService(), openService()];
      const seenByTwo = watch(two, two.query('posts').Where('authorId', '=', 'edits'));
      const seenByOne = watch(one, one.query('posts').Where('authorId', '=', 'edits'));
      await one.insert('posts', {
        id: 'edit-1',
        title: 'Draft',
        authorId: 'edits',
        tags: new Set(['x', 'y']),
        meta: { source: 'web', rank: 1 },
      });
      await eventually(() => expect(seenByTwo.rows).toHaveLength(1));

      await two.update('posts', 'edit-1', (post: any) => {
        post.likes = 5;
        post.tags.add('z');
        post.tags.delete('x');
        post.meta.rank = 2;
      });
      await eventually(() => expect(seenByOne.rows[0]?.likes).toBe(5));
      expect(seenByOne.rows[0]).toMatchObject({ title: 'Draft', meta: { source: 'web', rank: 2 } });
      expect(seenByOne.rows[0].tags).toEqual(new Set(['y', 'z']));

      await one.update('posts', 'edit-1', { createdAt: new Date('2020-02-02T02:02:02.002Z') });
      await eventually(() => expect(seenByTwo.rows[0]?.createdAt).toEqual(new Date('2020-02-02T02:02:02.002Z')));

      await one.delete('posts', 'edit-1');
      await eventually(() => expect(seenByTwo.rows).toEqual([]));
      expect(await serverRows({ collectionName: 'posts', where: [['id', '=', 'edit-1']] })).toEqual([]);
    });

    test('several writes of one transaction arrive together', async () => {
      const [writer, reader] = [openService(), openService()];
      const posts = watch(reader, reader.query('posts').Where('authorId', '=', 'together'));
      const sizes: number[] = [];
      reader.subscribe(reader.query('posts').Where('authorId', '=', 'together'), (rows: any[]) =>
        sizes.push(rows.length),
      );
      await eventually(() => expect(posts.answered).toBe(true));
      await writer.transact(async (tx: any) => {
        for (let i = 0; i < 5; i++)
          await tx.insert('posts', { id: `together-${i}`, title: `${i}`, authorId: 'together', tags: new Set() });
      });
      await eventually(() => expect(posts.rows).toHaveLength(5));
      expect(sizes.filter((size) => size > 0 && size < 5)).toEqual([]);
    });

    test('queries across relations: include, relational filter, order and limit', async () => {
      const [writer, reader] = [openService(), openService()];
      await writer.insert('users', { id: 'rel-ann', name: 'Ann' });
      await writer.insert('users', { id: 'rel-bob', name: 'Bob' });
      for (const [id, title, authorId, likes] of [
        ['rel-1', 'Apples', 'rel-ann', 3],
        ['rel-2', 'Bananas', 'rel-ann', 1],
        ['rel-3', 'Cherries', 'rel-bob', 2],
      ]) {
        await writer.insert('posts', { id, title, authorId, likes, tags: new Set() });
      }
      const withPosts = watch(
        reader,
        reader.query('users').Where('id', 'like', 'rel-%').Order('name', 'ASC').Include('posts'),
      );
      await eventually(() =>
        expect(withPosts.rows.map((user) => user.posts?.map((post: any) => post.title))).toEqual([
          ['Apples', 'Bananas'],
          ['Cherries'],
        ]),
      );

      const byAnn = watch(
        reader,
        reader.query('posts').Where('author.name', '=', 'Ann').Order('likes', 'DESC').Limit(1).Include('author'),
      );
      await eventually(() =>
        expect(byAnn.rows.map((post) => [post.id, post.author?.name])).toEqual([['rel-1', 'Ann']]),
      );

      await writer.update('posts', 'rel-2', { likes: 9 });
      await eventually(() => expect(byAnn.rows.map((post) => post.id)).toEqual(['rel-2']));
      await writer.update('users', 'rel-bob', { name: 'Ann' });
      await writer.update('posts', 'rel-3', { likes: 10 });
      await eventually(() => expect(byAnn.rows.map((post) => post.id)).toEqual(['rel-3']));
      await writer.delete('users', 'rel-bob');
      await eventually(() => expect(byAnn.rows.map((post) => post.id)).toEqual(['rel-2']));
    });

    test('a window with order and limit is refilled when rows leave it', async () => {
      const [writer, reader] = [openService(), openService()];
      for (let i = 0; i < 6; i++)
        await writer.insert('posts', { id: `win-${i}`, title: `${i}`, authorId: 'window', likes: i, tags: new Set() });
      const top = watch(reader, reader.query('posts').Where('authorId', '=', 'window').Order('likes', 'DESC').Limit(3));
      await eventually(() => expect(top.rows.map((post) => post.likes)).toEqual([5, 4, 3]));
      await writer.delete('posts', 'win-4');
      await eventually(() => expect(top.rows.map((post) => post.likes)).toEqual([5, 3, 2]));
      await writer.update('posts', 'win-0', { likes: 99 });
      await eventually(() => expect(top.rows.map((post) => post.likes)).toEqual([99, 5, 3]));
    });

    test('what is private stays private, and becomes visible live when it is made public', async () => {
      const [ann, bob] = [open(userToken('priv-ann')), open(userToken('priv-bob'))];
      const seenByBob = watch(bob, bob.query('notes').Where('owner', '=', 'priv-ann'));
      await eventually(() => expect(seenByBob.answered).toBe(true));
      await ann.insert('notes', { id: 'note-private', owner: 'priv-ann', text: 'mine' });
      await ann.insert('notes', { id: 'note-public', owner: 'priv-ann', text: 'ours', isPublic: true });
      await eventually(() => expect(seenByBob.rows.map((note) => note.id)).toEqual(['note-public']));
      await ann.update('notes', 'note-private', { isPublic: true });
      await eventually(() =>
        expect(seenByBob.rows.map((note) => note.id).toSorted()).toEqual(['note-private', 'note-public']),
      );
      await ann.update('notes', 'note-private', { isPublic: false });
      await eventually(() => expect(seenByBob.rows.map((note) => note.id)).toEqual(['note-public']));
    });

    test('a write that permissions forbid is refused, reported, and changes nothing on the server', async () => {
      const mallory = open(userToken('mallory'));
      const failures: any[] = [];
      mallory.onFailureToSyncWrites((error: any) => failures.push(error));
      await mallory.insert('notes', { id: 'forged', owner: 'somebody else', text: 'not mine' });
      await eventually(() => expect(failures.length).toBeGreaterThan(0));
      expect(await serverRows({ collectionName: 'notes', where: [['id', '=', 'forged']] })).toEqual([]);

      await mallory.clearPendingChangesAll();
      await mallory.insert('notes', { id: 'honest', owner: 'mallory', text: 'mine' });
      await vi.waitFor(
        async () =>
          expect(await serverRows({ collectionName: 'notes', where: [['id', '=', 'honest']] })).toHaveLength(1),
        { timeout: SETTLE_MS, interval: 100 },
      );
    });

    test('one is told which entity was refused, by name of the error', async () => {
      const mallory = open(userToken('mallory'));
      const errors: string[] = [];
      await mallory.insert('notes', { id: 'forged-2', owner: 'somebody else', text: 'x' });
      mallory.onEntitySyncError('notes', 'forged-2', (error: any) => errors.push(error.name));
      await eventually(() => expect(errors).toContain('WritePermissionError'));
      await mallory.clearPendingChangesForEntity('notes', 'forged-2');
    });

    test('writes made on both sides while apart all arrive, once', async () => {
      const [one, two] = [openService(), openService()];
      const query = (client: any): any => client.query('posts').Where('authorId', '=', 'apart').Order('title', 'ASC');
      const [seenByOne, seenByTwo] = [watch(one, query(one)), watch(two, query(two))];
      await one.insert('posts', { id: 'apart-0', title: '0', authorId: 'apart', tags: new Set() });
      await eventually(() => expect([seenByOne.rows.length, seenByTwo.rows.length]).toEqual([1, 1]));

      one.disconnect();
      await one.insert('posts', { id: 'apart-1', title: '1', authorId: 'apart', tags: new Set() });
      await one.update('posts', 'apart-0', { title: '0 renamed' });
      await two.insert('posts', { id: 'apart-2', title: '2', authorId: 'apart', tags: new Set() });
      await two.update('posts', 'apart-0', { likes: 7 });
      await eventually(async () =>
        expect(await serverRows({ collectionName: 'posts', where: [['id', '=', 'apart-2']] })).toHaveLength(1),
      );
      await one.connect();

      const expected = [
        ['apart-0', '0 renamed', 7],
        ['apart-1', '1', 0],
        ['apart-2', '2', 0],
      ];
      const shape = (rows: any[]): unknown => rows.map((post) => [post.id, post.title, post.likes]);
      await eventually(() => expect(shape(seenByOne.rows)).toEqual(expected));
      await eventually(() => expect(shape(seenByTwo.rows)).toEqual(expected));
    });

    test('rows deleted or lost from a query while apart are gone after reconnecting', async () => {
      const [one, two] = [openService(), openService()];
      for (const n of [1, 2, 3])
        await two.insert('posts', { id: `evict-${n}`, title: `${n}`, authorId: 'evict', tags: new Set() });
      const seen = watch(one, one.query('posts').Where('authorId', '=', 'evict'));
      await eventually(() => expect(seen.rows).toHaveLength(3));
      one.disconnect();
      await two.delete('posts', 'evict-1');
      await two.update('posts', 'evict-2', { authorId: 'someone' });
      await eventually(async () =>
        expect(await serverRows({ collectionName: 'posts', where: [['authorId', '=', 'evict']] })).toHaveLength(1),
      );
      await one.connect();
      await eventually(() => expect(seen.rows.map((post) => post.id)).toEqual(['evict-3']));
    });

    test('a lost network heals by itself', async () => {
      const [one, two] = [openService(), openService()];
      const seen = watch(two, two.query('posts').Where('authorId', '=', 'heal'));
      await eventually(() => expect(seen.answered).toBe(true));
      proxy.cut();
      await eventually(() => expect(one.connectionStatus).not.toBe('OPEN'));
      await one.insert('posts', { id: 'heal-1', title: 'written in the dark', authorId: 'heal', tags: new Set() });
      proxy.restore();
      await eventually(() => expect(seen.rows.map((post) => post.id)).toEqual(['heal-1']));
    });

    test('a row larger than a frame is sent in pieces and arrives whole', async () => {
      const [writer, reader] = [openService(), openService()];
      const seen = watch(reader, reader.query('posts').Where('authorId', '=', 'large'));
      const title = 'ä€😀x'.repeat(300_000);
      await writer.insert('posts', { id: 'large-1', title, authorId: 'large', tags: new Set() });
      await eventually(() => expect(seen.rows).toHaveLength(1));
      expect(seen.rows[0].title === title).toBe(true);
    });

    test('many rows arrive completely', async () => {
      const [writer, reader] = [openService(), openService()];
      const posts = Array.from({ length: 1_000 }, (_, i) => ({
        id: `many-${i}`,
        title: `${i}`,
        authorId: 'many',
        tags: [],
      }));
      await writer.http.bulkInsert({ posts });
      const rows = await reader.fetch(reader.query('posts').Where('authorId', '=', 'many'));
      expect(rows).toHaveLength(1_000);
    });

    test('the HTTP interface reads and writes', async () => {
      const { http } = openService();
      const inserted = await http.insert('posts', {
        id: 'http-1',
        title: 'By HTTP',
        authorId: 'http',
        tags: new Set(['t']),
      });
      expect(inserted.createdAt).toBeInstanceOf(Date);
      await http.update('posts', 'http-1', { likes: 3 });
      const fetched = await http.fetchById('posts', 'http-1');
      expect(fetched).toMatchObject({ title: 'By HTTP', likes: 3 });
      expect(fetched.tags).toEqual(new Set(['t']));
      await http.delete('posts', 'http-1');
      expect(await http.fetchById('posts', 'http-1')).toBeNull();
      await expect(http.insert('posts', { id: 'http-2', title: 5, authorId: 'http', tags: [] })).rejects.toThrow();
    });

    test('a token is renewed without losing the connection', async () => {
      const expiring = (): number => Math.floor(Date.now() / 1000) + 60;
      const client = open(userToken('renewer', { exp: expiring() }));
      await eventually(() => expect(client.connectionStatus).toBe('OPEN'));
      const seen = watch(client, client.query('notes').Where('owner', '=', 'renewer'));
      await eventually(() => expect(seen.answered).toBe(true));
      const statuses: string[] = [];
      client.onConnectionStatusChange((status: string) => statuses.push(status));
      await client.updateSessionToken(userToken('renewer', { exp: expiring() + 60 }));
      await client.insert('notes', { id: 'renewed', owner: 'renewer', text: 'still here' });
      await eventually(async () =>
        expect(await serverRows({ collectionName: 'notes', where: [['id', '=', 'renewed']] })).toHaveLength(1),
      );
      expect(statuses).toEqual([]);
    });

    test('a forged token is refused and the app is told', async () => {
      const client = open(signToken({ sub: 'forger' }, 'another secret'), { autoConnect: false });
      const errors: string[] = [];
      client.onSessionError((type: string) => errors.push(type));
      await client.connect();
      await eventually(() => expect(errors).toContain('UNAUTHORIZED'));
      expect(client.connectionStatus).not.toBe('OPEN');
    });
  });
}
