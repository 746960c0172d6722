import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ourClient, publishedServer, useBrowserWebSocket } from './libraries.ts';
import { storySchema } from './schema.ts';
import { startServerProcess } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';
import { tellStories } from './stories.ts';
import { JWT_SECRET, SERVICE_CLAIMS, signToken } from './tokens.ts';

tellStories('our client with the published server', { client: ourClient, server: publishedServer });

let server: ServerProcess;
beforeAll(async () => {
  useBrowserWebSocket();
  const { Schema } = await ourClient();
  server = await startServerProcess(publishedServer, {
    jwtSecret: JWT_SECRET,
    dbOptions: { schema: storySchema(Schema) },
  });
});
afterAll(() => server.stop());

/** The client has to connect the query again, which the published server has to take for what it is. */
test('rows that nobody keeps current do not fill a window at the published server', async () => {
  const { TriplitClient, Schema } = await ourClient();
  const open = (): any =>
    new TriplitClient({
      serverUrl: `http://127.0.0.1:${server.port}`,
      token: signToken(SERVICE_CLAIMS),
      schema: storySchema(Schema).collections,
      logLevel: 'error',
    });
  const [one, other] = [open(), open()];
  const eventually = (assertion: () => unknown) => vi.waitFor(assertion, { timeout: 10_000, interval: 20 });
  try {
    const post = (id: string, likes: number) => ({ id, title: id, authorId: 'ghosts', likes, tags: new Set() });
    for (const likes of [9, 8, 7, 6, 5]) await other.insert('posts', post(`old ${likes}`, likes));
    let all: any[] = [];
    const stop = one.subscribe(one.query('posts').Where('authorId', '=', 'ghosts'), (rows: any[]) => (all = rows));
    await eventually(() => expect(all).toHaveLength(5));
    stop();
    for (const likes of [9, 8, 7, 6, 5]) await other.delete('posts', `old ${likes}`);
    await other.insert('posts', post('new', 1));
    await eventually(async () => expect(await other.http.fetch(other.query('posts'))).toHaveLength(1));
    let window: any[] = [];
    one.subscribe(one.query('posts').Order('likes', 'DESC').Limit(2), (rows: any[]) => (window = rows));
    await eventually(() => expect(window.map(({ id }) => id)).toEqual(['new']));
  } finally {
    for (const client of [one, other]) client.endSession();
  }
});
