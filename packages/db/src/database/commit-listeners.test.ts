/** Who hears of commits, of which, when, and what a listener can do to others. */
import { describe, expect, test, vi } from 'vitest';
import { reportedErrors } from '../../../../tests/support/reported-errors.ts';
import type { DBChanges } from '../changes/types.ts';
import { DB } from './database.ts';

const changes = (sets: Record<string, object>, deletes: string[] = []): DBChanges => ({
  test: { sets: new Map(Object.entries(sets)), deletes: new Set(deletes) },
});
function listened(): { db: DB; heard: DBChanges[] } {
  const db = new DB();
  const heard: DBChanges[] = [];
  db.onCommit((applied) => void heard.push(applied));
  return { db, heard };
}

describe('onCommit', () => {
  test('tells what really changed, once per write', async () => {
    const { db, heard } = listened();
    await db.insert('test', { id: '1', name: 'test', rec: { a: 1, b: 1 } });
    await db.update('test', '1', { name: 'test', rec: { a: 2, b: 1 } });
    await db.delete('test', '1');
    expect(heard).toEqual([
      changes({ '1': { id: '1', name: 'test', rec: { a: 1, b: 1 } } }),
      changes({ '1': { rec: { a: 2 } } }),
      changes({}, ['1']),
    ]);
  });

  test('tells a transaction once, as one, a replacement as a delete and a set', async () => {
    const { db, heard } = listened();
    await db.insert('test', { id: '1', old: true });
    await db.transact(async (tx) => {
      await tx.delete('test', '1');
      await tx.insert('test', { id: '1', fresh: true });
      await tx.insert('test', { id: '2' });
    });
    expect(heard.slice(1)).toEqual([changes({ '1': { id: '1', fresh: true }, '2': { id: '2' } }, ['1'])]);
  });

  test('tells of a transaction without effect too, and of a delete of what is absent', async () => {
    const { db, heard } = listened();
    await db.transact(async () => undefined);
    await db.update('test', 'missing', { a: 1 });
    await db.delete('test', 'missing');
    expect(heard).toEqual([{}, changes({}), changes({}, ['missing'])]);
  });

  test('is silent about what was rolled back, and after it was ended', async () => {
    const { db, heard } = listened();
    const ended = vi.fn();
    const stop = db.onCommit(ended);
    stop();
    stop();
    const failing = db.transact(async (tx) => {
      await tx.insert('test', { id: '1' });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await db.insert('test', { id: '2' });
    expect(heard).toHaveLength(1);
    expect(ended).not.toHaveBeenCalled();
  });

  test('comes after the commit: the listener reads what was written, and may write', async () => {
    const db = new DB();
    const seen: unknown[] = [];
    db.onCommit(async ({ test: applied }) => {
      if (applied?.sets.has('echo') === true) return;
      seen.push(await db.fetchById('test', '1'));
      await db.insert('test', { id: 'echo' });
    });
    await db.insert('test', { id: '1' });
    await vi.waitFor(async () => expect(await db.fetchById('test', 'echo')).not.toBeNull());
    expect(seen).toEqual([{ id: '1' }]);
  });

  test('hears of every handle of the database', async () => {
    const { db, heard } = listened();
    await db.withSessionVars({ sub: 'me' }).insert('test', { id: '1' });
    expect(heard).toHaveLength(1);
  });
});

describe('a listener that throws', () => {
  const fail = (): never => {
    throw new Error('mine');
  };

  test('makes the transaction reject, which is committed all the same, and keeps no other listener from hearing', async () => {
    const db = new DB();
    const other = vi.fn();
    const results = vi.fn();
    db.onCommit(fail);
    db.onCommit(other);
    db.subscribe({ collectionName: 'test' }, results);
    await expect(db.insert('test', { id: '1' })).rejects.toThrow('mine');
    expect(await db.fetchById('test', '1')).toEqual({ id: '1' });
    expect(other).toHaveBeenCalledTimes(1);
    await db.updateQueryViews();
    db.broadcastToQuerySubscribers();
    expect(results.mock.lastCall![0]).toEqual([{ id: '1' }]);
  });

  test('does not make a change set look refused that is committed: it is reported instead', async () => {
    const reported = reportedErrors();
    const db = new DB();
    db.onCommit(fail);
    await db.commitChanges(changes({ '1': { id: '1' } })).durable;
    expect(await db.fetchById('test', '1')).toEqual({ id: '1' });
    expect(reported).toEqual([new Error('mine')]);
  });

  test('later, as an async function, is reported; nobody waits for it', async () => {
    const reported = reportedErrors();
    const db = new DB();
    db.onCommit(async () => {
      await Promise.resolve();
      fail();
    });
    await db.insert('test', { id: '1' });
    await vi.waitFor(() => expect(reported).toEqual([new Error('mine')]));
  });
});

describe('applyChanges', () => {
  test('feeds live queries and calls no listener, so that two databases can follow each other', async () => {
    const [one, other] = [new DB(), new DB()];
    const calls: string[] = [];
    const follow = (name: string, from: DB, to: DB): void => {
      from.onCommit(async (applied) => {
        calls.push(name);
        if (calls.length < 100) await to.applyChanges(applied);
      });
    };
    follow('one', one, other);
    follow('other', other, one);
    const results = vi.fn();
    other.subscribe({ collectionName: 'test' }, results);
    await one.insert('test', { id: '1' });
    await vi.waitFor(() => expect(results.mock.lastCall?.[0]).toEqual([{ id: '1' }]));
    expect(calls).toEqual(['one']);
  });

  test('applies everything or nothing, and says what is no change set', async () => {
    const db = new DB();
    for (const [bad, message] of [
      [undefined, "Changes are { '…'"],
      [{ test: 5 }, "'test': { sets: Map of id to attributes, deletes: Set of ids } }, but there was 5"],
      [{ test: { sets: { '1': {} }, deletes: new Set() } }, "'test': { sets"],
      [{ test: { sets: new Map(), deletes: [] } }, "'test': { sets"],
      [{ ...changes({ '1': { id: '1' } }), other: changes({}, [7 as never])['test'] }, 'there was 7'],
      [{ test: { sets: new Map([[7, { id: '7' }]]), deletes: new Set() } }, 'there was 7'],
      [changes({ '1': 'x' as never }), 'there was x'],
      [changes({ '1': null as never }), 'there was null'],
    ] as const) {
      await expect(db.applyChanges(bad as never)).rejects.toMatchObject({
        name: 'InvalidOperationError',
        message: expect.stringContaining(message),
      });
    }
    for (const bad of [5, [1, 0], ['1', 0, 'a'], [1, '0', 'a'], [1, 0, 5]])
      await expect(db.applyChangesWithTimestamp(changes({ '1': { id: '1' } }), bad as never)).rejects.toThrow(
        'A timestamp is [milliseconds, counter, client id]',
      );
    expect(await db.fetch({ collectionName: 'test' })).toEqual([]);
  });

  test('takes what can be stored at every depth, and refuses the rest', async () => {
    const db = new DB();
    await db.applyChanges(
      changes({ '1': { id: '1', none: null, at: { list: [1, { none: null }], gone: undefined } } }),
    );
    expect(await db.fetchById('test', '1')).toEqual({ id: '1', none: null, at: { list: [1, { none: null }] } });
    const cycle: Record<string, unknown> = {};
    cycle['again'] = { cycle };
    for (const bad of [() => 1, 1n, { at: [() => 1] }, cycle])
      await expect(db.applyChanges(changes({ '1': { bad } }))).rejects.toMatchObject({ name: 'DBSerializationError' });
  });

  test('refuses an entity under an id that is not its own, there or not', async () => {
    const db = new DB();
    await db.insert('test', { id: '1' });
    for (const id of ['1', '2'])
      await expect(db.applyChanges(changes({ [id]: { id: '3' } }))).rejects.toMatchObject({
        name: 'InvalidOperationError',
        message: expect.stringContaining('Attempted to update the id of an entity in the test to 3.'),
      });
    expect(await db.fetch({ collectionName: 'test' })).toEqual([{ id: '1' }]);
  });
});

describe('applyChangesWithTimestamp', () => {
  const at = (ms: number, clientId = 'a') => [ms, 0, clientId] as const;

  test('keeps the newest change of each entity, and merges a newer one into what is there', async () => {
    const db = new DB();
    const apply = async (
      sets: Record<string, object>,
      timestamp: readonly [number, number, string],
      deletes?: string[],
    ) => {
      await db.applyChangesWithTimestamp(changes(sets, deletes), [...timestamp]);
      return db.fetchById('test', '1');
    };
    const first = { id: '1', x: 1, rec: { p: 1 } };
    expect(await apply({ '1': first }, at(10))).toEqual(first);
    expect(await apply({ '1': { y: 2 } }, at(9)), 'older, another attribute').toEqual(first);
    expect(await apply({ '1': { x: 3 } }, at(10)), 'delivered again').toEqual(first);
    expect(await apply({ '1': { x: 4 } }, at(10, 'b')), 'a tie, decided by the client id').toEqual({ ...first, x: 4 });
    expect(await apply({ '1': { rec: { q: 2 } } }, at(11))).toEqual({ id: '1', x: 4, rec: { p: 1, q: 2 } });
    expect(await apply({}, at(12), ['1'])).toBeNull();
    expect(await apply({ '1': { id: '1', z: 1 } }, at(11, 'z')), 'an insert before the delete').toBeNull();
    expect(await apply({ '1': { z: 2 } }, at(13)), 'a newer part of what is gone').toBeNull();
    expect(await apply({ '1': { id: '1', z: 3 } }, at(12, 'z')), 'before that part').toBeNull();
    expect(await apply({ '1': { id: '1', z: 4 } }, at(14)), 'made anew').toEqual({ id: '1', z: 4 });
    expect(await apply({ '1': { id: '1', w: 1 } }, at(15), ['1']), 'replaced').toEqual({ id: '1', w: 1 });
  });

  test('accepts any change of an entity that was written without a timestamp, and calls no listener', async () => {
    const { db, heard } = listened();
    await db.insert('test', { id: '1', x: 1 });
    await db.applyChangesWithTimestamp(changes({ '1': { x: 2 } }), [...at(1)]);
    expect(await db.fetchById('test', '1')).toEqual({ id: '1', x: 2 });
    expect(heard).toHaveLength(1);
  });

  test('gives one result in whatever order two full changes arrive', async () => {
    const results = [];
    for (const order of [
      [1, 2],
      [2, 1],
    ]) {
      const db = new DB();
      for (const ms of order)
        await db.applyChangesWithTimestamp(changes({ '1': { id: '1', x: ms, y: ms } }), [...at(ms)]);
      results.push(await db.fetchById('test', '1'));
    }
    expect(results).toEqual([
      { id: '1', x: 2, y: 2 },
      { id: '1', x: 2, y: 2 },
    ]);
  });
});
