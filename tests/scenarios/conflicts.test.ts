/**
 * The stories of `docs/conflicts.md`, run. Every block of code there is a part of this file; the last test holds that.
 */
import { readFileSync } from 'node:fs';
import { Schema as S, TriplitClient } from '@triplit/client';
import type { ClientOptions, DBSchema, Roles } from '@triplit/client';
import { MemoryHandler } from '@triplit/logger/memory';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LoopbackServer } from '../../packages/client/src/testing/loopback.ts';
import { quietLogger } from '../../packages/client/src/testing/todo-world.ts';
import { signToken } from '../../packages/client/src/testing/tokens.ts';

const mayChange = {
  filter: [
    {
      mod: 'or',
      filters: [
        ['ownerId', '=', 'everybody'],
        ['ownerId', '=', '$role.me'],
      ],
    },
  ],
};
const schema = S.Collections({
  notes: {
    schema: S.Schema({
      id: S.Id(),
      title: S.String(),
      body: S.String({ default: '' }),
      count: S.Number({ default: 0 }),
      tags: S.Set(S.String(), { default: S.Default.Set.empty() }),
      place: S.Record({ street: S.Optional(S.String()), town: S.Optional(S.String()) }),
      extra: S.Json({ default: {} }),
      ownerId: S.String({ default: 'everybody' }),
    }),
    permissions: {
      person: { read: { filter: [true] }, insert: mayChange, update: mayChange, delete: mayChange },
    },
  },
} as never) as any;
const roles: Roles = { person: { match: { sub: '$me' } } };

let server: LoopbackServer;
let ann: TriplitClient<any>;
let bob: TriplitClient<any>;
const clients: TriplitClient<any>[] = [];

function open(name: string, options: Partial<ClientOptions<any>> = {}): TriplitClient<any> {
  const client = new TriplitClient<any>({
    schema,
    roles,
    serverUrl: 'http://loopback.test',
    token: signToken({ sub: name }),
    transport: server.transport(),
    logger: quietLogger(new MemoryHandler()),
    pingInterval: 0,
    ...options,
  });
  client.subscribeBackground(client.query('notes'));
  clients.push(client);
  return client;
}

const eventually = <T>(look: () => T): Promise<Awaited<T>> =>
  vi.waitFor(look, { timeout: 3_000, interval: 5 }) as never;

/** Connects, and waits until everything was sent. */
async function online(client: TriplitClient<any>): Promise<void> {
  await client.connect();
  await eventually(async () => {
    expect(client.syncEngine.serverReady).toBe(true);
    expect(await client.pendingChanges()).toEqual([]);
  });
}

/** The note, once the server and both people have the same. */
function everywhere(id = 'n'): Promise<any> {
  return eventually(async () => {
    const here = await server.db.fetchById('notes' as never, id, { skipRules: true });
    for (const client of [ann, bob])
      expect(await client.fetchById('notes', id, { policy: 'local-only' })).toEqual(here);
    return here as any;
  });
}

/** Ann writes a note, both have it, and both go offline. */
beforeEach(async () => {
  server = await LoopbackServer.start({ collections: schema, roles } as unknown as DBSchema);
  [ann, bob] = [open('ann'), open('bob')];
  await online(ann);
  await online(bob);
  await ann.insert('notes', { id: 'n', title: 'Plan', tags: new Set(['old']), place: { street: 'Elm', town: 'Ulm' } });
  await everywhere();
  ann.disconnect();
  bob.disconnect();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

describe('two people change one entity', () => {
  test('different attributes: both changes stay', async () => {
    await ann.update('notes', 'n', { title: 'A better plan' });
    await bob.update('notes', 'n', { body: 'First step' });
    await online(ann);
    await online(bob);
    expect(await everywhere()).toMatchObject({ title: 'A better plan', body: 'First step' });
  });

  test('the same attribute: the change that arrives last stays, whenever it was made', async () => {
    await ann.update('notes', 'n', { title: "Ann's, made first" });
    await bob.update('notes', 'n', { title: "Bob's, made later" });
    await online(bob);
    await online(ann);
    expect(await everywhere()).toMatchObject({ title: "Ann's, made first" });
  });

  test('sets: by member', async () => {
    await ann.update('notes', 'n', (note) => {
      note.tags.add('urgent');
      note.tags.delete('old');
    });
    await bob.update('notes', 'n', (note) => {
      note.tags.add('shared');
    });
    await online(ann);
    await online(bob);
    expect((await everywhere()).tags).toEqual(new Set(['urgent', 'shared']));
  });

  test('records and JSON objects: by key', async () => {
    await ann.update('notes', 'n', (note) => {
      note.place.street = 'Oak';
      note.extra = { colour: 'red' };
    });
    await bob.update('notes', 'n', (note) => {
      note.place.town = 'Bonn';
      note.extra = { size: 3 };
    });
    await online(ann);
    await online(bob);
    expect(await everywhere()).toMatchObject({
      place: { street: 'Oak', town: 'Bonn' },
      extra: { colour: 'red', size: 3 },
    });
  });

  test('lists in JSON: as a whole', async () => {
    await ann.update('notes', 'n', { extra: { steps: ['a', 'b'] } });
    await bob.update('notes', 'n', { extra: { steps: ['a', 'c'] } });
    await online(ann);
    await online(bob);
    expect((await everywhere()).extra).toEqual({ steps: ['a', 'c'] });
  });

  test('numbers: not added up', async () => {
    await ann.update('notes', 'n', (note) => {
      note.count += 1;
    });
    await bob.update('notes', 'n', (note) => {
      note.count += 1;
    });
    await online(ann);
    await online(bob);
    expect(await everywhere()).toMatchObject({ count: 1 });
  });
});

describe('delete', () => {
  test.each(['ann', 'bob'])('wins over an update, also when %s comes online first', async (first) => {
    await ann.delete('notes', 'n');
    await bob.update('notes', 'n', { body: 'Too late' });
    for (const client of first === 'ann' ? [ann, bob] : [bob, ann]) await online(client);
    expect(await everywhere()).toBe(null);
  });

  test('inserting the id again makes a new entity', async () => {
    await ann.delete('notes', 'n');
    await online(ann);
    await ann.insert('notes', { id: 'n', title: 'From scratch', place: {} });
    await online(bob);
    expect(await everywhere()).toMatchObject({ title: 'From scratch', tags: new Set() });
  });
});

test('two people insert the same id: one entity, attribute by attribute', async () => {
  await ann.insert('notes', { id: 'today', title: "Ann's day", place: { town: 'Ulm' } });
  await bob.insert('notes', { id: 'today', title: "Bob's day", place: { street: 'Oak' } });
  await online(ann);
  await online(bob);
  expect(await everywhere('today')).toMatchObject({ title: "Bob's day", place: { street: 'Oak', town: 'Ulm' } });
});

describe('a write that the server refuses', () => {
  beforeEach(async () => {
    await online(ann);
    await ann.insert('notes', { id: 'mine', title: "Ann's own", ownerId: 'ann', place: {} });
    await eventually(async () =>
      expect(await server.db.fetchById('notes' as never, 'mine', { skipRules: true })).not.toBe(null),
    );
  });
  const titleOf = async (client: TriplitClient<any>): Promise<unknown> =>
    (await client.fetchById('notes', 'mine', { policy: 'local-only' }))?.title;

  test('is taken back', async () => {
    await online(bob);
    await eventually(async () => expect(await titleOf(bob)).toBe("Ann's own"));

    const refused: string[] = [];
    bob.onFailureToSyncWrites((error, writes) => {
      refused.push(`${error.name} ${[...writes['notes']!.sets.keys()].join()}`);
    });
    bob.onEntitySyncError('notes', 'mine', (error, change) => {
      refused.push(`${error.name} ${String(change['title'])}`);
    });

    await bob.update('notes', 'mine', { title: "Bob's now" });
    expect(await titleOf(bob)).toBe("Bob's now");
    await eventually(async () => expect(await titleOf(bob)).toBe("Ann's own"));
    await eventually(() => expect(refused).toEqual(['WritePermissionError mine', "WritePermissionError Bob's now"]));
  });

  test('takes its whole transaction back, and nothing else', async () => {
    await online(bob);
    await eventually(async () => expect(await titleOf(bob)).toBe("Ann's own"));
    await bob.transact(async (tx) => {
      await tx.update('notes', 'mine', { title: "Bob's now" });
      await tx.update('notes', 'n', { body: 'together with it' });
    });
    await bob.update('notes', 'n', { title: 'On its own' });
    await eventually(async () => expect(await everywhere()).toMatchObject({ title: 'On its own', body: '' }));
  });

  test("is kept with rejectedWrites: 'keep', until it is mended or dropped", async () => {
    const carl = open('carl', { rejectedWrites: 'keep' });
    await online(carl);
    await eventually(async () => expect(await titleOf(carl)).toBe("Ann's own"));

    const refused: string[] = [];
    carl.onFailureToSyncWrites((error) => {
      refused.push(error.name);
    });
    await carl.update('notes', 'mine', { title: "Carl's now" });
    await eventually(() => expect(refused).toEqual(['WritePermissionError']));
    expect(await titleOf(carl)).toBe("Carl's now");
    expect(await carl.pendingChanges()).toHaveLength(1);

    await carl.clearPendingChangesForEntity('notes', 'mine');
    expect(await titleOf(carl)).toBe("Ann's own");
    expect(await carl.pendingChanges()).toEqual([]);
  });
});

test('the document tells nothing but what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const plain = (text: string): string => text.replace(/\s+/g, ' ').trim();
  const here = plain(read('./conflicts.test.ts'));
  const blocks = [...read('../../docs/conflicts.md').matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code!);
  expect(blocks.length).toBeGreaterThan(5);
  expect(blocks.filter((block) => !here.includes(plain(block)))).toEqual([]);
});
