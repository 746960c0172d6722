/** Two clients of different makers on one server: what one writes is what the other reads. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ourClient, ourServer, publishedClient, publishedServer, useBrowserWebSocket } from './libraries.ts';
import { storySchema } from './schema.ts';
import { startServerProcess } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';
import { JWT_SECRET, SERVICE_CLAIMS, signToken } from './tokens.ts';

describe.each([
  ['our server', ourServer],
  ['the published server', publishedServer],
])('our client and the published client on %s', (_name, serverModule) => {
  let server: ServerProcess;
  let ours: any;
  let published: any;

  beforeAll(async () => {
    useBrowserWebSocket();
    const [our, theirs] = [await ourClient(), await publishedClient()];
    server = await startServerProcess(serverModule, {
      jwtSecret: JWT_SECRET,
      dbOptions: { schema: storySchema(our.Schema) },
    });
    const options = { serverUrl: server.url, token: signToken(SERVICE_CLAIMS), logLevel: 'error' };
    ours = new our.TriplitClient({ ...options, schema: storySchema(our.Schema).collections });
    published = new theirs.TriplitClient({ ...options, schema: storySchema(theirs.Schema).collections });
  });
  afterAll(async () => {
    await Promise.all([ours?.endSession(), published?.endSession()]);
    await server?.stop();
  });

  test.each([
    ['ours', 'the published one'],
    ['the published one', 'ours'],
  ])('%s writes every type of value, %s reads and edits it, and both end up equal', async (from) => {
    const [writer, reader] = from === 'ours' ? [ours, published] : [published, ours];
    const id = `mixed-${from}`;
    const latest = { writer: [] as any[], reader: [] as any[] };
    writer.subscribe(writer.query('posts').Where('id', '=', id), (rows: any[]) => (latest.writer = rows));
    reader.subscribe(reader.query('posts').Where('id', '=', id), (rows: any[]) => (latest.reader = rows));
    const eventually = (assertion: () => unknown): Promise<unknown> =>
      vi.waitFor(assertion, { timeout: 10_000, interval: 20 });

    const post = {
      id,
      title: 'Grüße 👋',
      authorId: 'someone',
      likes: -1.5,
      published: true,
      tags: new Set(['a', 'b']),
      meta: { source: 'test', rank: 3 },
      createdAt: new Date('2024-05-06T07:08:09.010Z'),
    };
    await writer.insert('posts', post);
    await eventually(() => expect(latest.reader).toEqual([post]));

    await reader.update('posts', id, (entity: any) => {
      entity.tags.add('c');
      entity.tags.delete('a');
      entity.meta.rank = 4;
      entity.createdAt = new Date('2025-01-01T00:00:00.000Z');
    });
    const edited = {
      ...post,
      tags: new Set(['b', 'c']),
      meta: { source: 'test', rank: 4 },
      createdAt: new Date('2025-01-01T00:00:00.000Z'),
    };
    await eventually(() => expect(latest.writer).toEqual([edited]));

    await Promise.all([writer.update('posts', id, { likes: 10 }), reader.update('posts', id, { title: 'Both' })]);
    await eventually(() => expect(latest.writer).toEqual([{ ...edited, likes: 10, title: 'Both' }]));
    await eventually(() => expect(latest.reader).toEqual(latest.writer));

    await writer.delete('posts', id);
    await eventually(() => expect(latest.reader).toEqual([]));
  });
});
