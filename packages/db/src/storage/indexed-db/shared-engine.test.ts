import 'fake-indexeddb/auto';
import { describe, expect, test } from 'vitest';
import { describeStorageEngine } from '../storage-engine.contract.ts';
import { IndexedDbEngine } from './indexed-db-engine.ts';
import { SharedIndexedDbEngine } from './shared-engine.ts';
import type { StoreOwner } from './shared-engine.ts';

let databases = 0;
const freshName = (): string => `shared${databases++}`;
const names = new WeakMap<object, string>();
const IS_OWNER: StoreOwner = { content: Promise.resolve(undefined), flush: () => Promise.resolve() };

function openAsOwner(name: string): SharedIndexedDbEngine {
  const engine = new SharedIndexedDbEngine(name, IS_OWNER);
  names.set(engine, name);
  return engine;
}

describeStorageEngine(
  'SharedIndexedDbEngine of the owner',
  () => openAsOwner(freshName()),
  (closed) => openAsOwner(names.get(closed)!),
);
// One that takes over before anything else has to be as good.
describeStorageEngine(
  'SharedIndexedDbEngine after a takeover',
  () => {
    const name = freshName();
    const engine = new SharedIndexedDbEngine(name, { content: Promise.resolve([]), flush: () => Promise.resolve() });
    names.set(engine, name);
    void engine.ready?.then(() => engine.takeOver(() => undefined));
    return engine;
  },
  (closed) => openAsOwner(names.get(closed)!),
);

describe('an engine that does not own the database', () => {
  test('has the content of the owner, and leaves it to the owner to store what it writes', async () => {
    let stored!: () => void;
    const flushed = new Promise<void>((resolve) => (stored = resolve));
    const engine = new SharedIndexedDbEngine(freshName(), {
      content: Promise.resolve([['a', 1]] as const),
      flush: () => flushed,
    });
    await engine.ready;
    let isDurable = false;
    const written = engine.write([{ key: 'b', value: 2 }]).then(() => (isDurable = true));
    expect([...engine.range({})]).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(isDurable).toBe(false);
    stored();
    await written;
  });

  test.each([
    ['when it follows', () => Promise.resolve([])],
    ['when it was closed before it knew whom to follow', () => Promise.reject(new Error('left'))],
  ])('is not in the way of others who delete the database: %s', async (_when, content) => {
    const name = freshName();
    const engine = new SharedIndexedDbEngine(name, { content: content(), flush: () => Promise.resolve() });
    await engine.ready?.catch(() => engine.close());
    const events: string[] = [];
    await new Promise<void>((resolve) => {
      const request = indexedDB.deleteDatabase(name);
      request.onblocked = () => events.push('blocked');
      request.onsuccess = () => resolve(void events.push('deleted'));
    });
    expect(events).toEqual(['deleted']);
  });

  test('rejects when the owner could not be copied', async () => {
    const content = Promise.reject(new Error('no copy'));
    content.catch(() => undefined);
    const engine = new SharedIndexedDbEngine(freshName(), { content, flush: () => Promise.resolve() });
    await expect(engine.ready).rejects.toThrow('no copy');
  });
});

describe('a takeover', () => {
  test('makes the database equal to memory: what it lacks is written, what is gone is removed', async () => {
    const name = freshName();
    const before = new IndexedDbEngine(name);
    await before.ready;
    await before.write(['same', 'changed', 'gone', 'told'].map((key) => ({ key, value: { was: key } })));
    await before.close();

    const engine = new SharedIndexedDbEngine(name, {
      content: Promise.resolve([
        ['same', { was: 'same' }],
        ['changed', { now: true }],
        ['new', [1]],
      ] as const),
      flush: () => new Promise(() => undefined),
    });
    await engine.ready;
    const waiting = engine.write([{ key: 'written before', value: 1 }]);
    const seen: string[] = [];
    const done = engine.takeOver((content) => {
      for (const [key] of content) seen.push(key);
      // What the last owner could not tell any more.
      void engine.write([{ key: 'told', value: { was: 'told' } }]);
    });
    const during = engine.write([{ key: 'written meanwhile', value: 2 }]);
    await done;
    expect(seen.toSorted()).toEqual(['changed', 'gone', 'same', 'told']);
    // The one that the last owner never confirmed is for whoever waits for it to give up or to be told.
    void waiting;
    void during;
    await engine.write([]);

    const reopened = new IndexedDbEngine(name);
    await reopened.ready;
    expect(Object.fromEntries(reopened.range({}))).toEqual({
      same: { was: 'same' },
      changed: { now: true },
      new: [1],
      told: { was: 'told' },
      'written before': 1,
      'written meanwhile': 2,
    });
  });
});
