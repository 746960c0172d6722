import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DBSerializationError } from '../base/errors.ts';
import { applyChange } from './apply-change.ts';
import type { Change } from './types.ts';
import { createUpdateProxyAndTrackChanges } from './update-proxy.ts';
import type { UpdatedType } from './updated-value.ts';

/** Runs the updater on the entity; returns the recorded change and the entity afterwards. */
function update(entity: Record<string, any>, updater: (entity: any) => void, type?: UpdatedType) {
  const changes: Change = {};
  updater(createUpdateProxyAndTrackChanges(entity, changes, type));
  return { changes, entity };
}
const changesOf = (entity: Record<string, any>, updater: (entity: any) => void, type?: UpdatedType) =>
  update(entity, updater, type).changes;

const setType = (items: string): UpdatedType => ({
  type: 'record',
  properties: { s: { type: 'set', items: { type: items } } },
});

describe('writing attributes', () => {
  it('records scalars, nested paths and deletions', () => {
    const changes: Change = {};
    const proxy: any = createUpdateProxyAndTrackChanges({ a: 1, b: 2, c: { d: 3, e: 1 } } as object, changes);
    proxy.a = 4;
    proxy.c.d = 5;
    delete proxy.b;
    expect(changes).toEqual({ a: 4, c: { d: 5 }, b: null });
    expect(proxy).toEqual({ a: 4, b: null, c: { d: 5, e: 1 } });
    expect(proxy.b).toBe(null);
  });

  it('records nothing for reading', () => {
    const changes = changesOf({ a: { b: [1] }, s: new Set(['x']) }, (entity) => {
      expect(entity.a.b[0]).toBe(1);
      expect(entity.s.has('x')).toBe(true);
      expect(JSON.stringify(entity)).toContain('"b":[1]');
    });
    expect(changes).toEqual({});
  });

  it('records dates as ISO text and undefined as null', () => {
    const at = new Date(0);
    const changes = changesOf({ at: null, gone: 1 }, (entity) => {
      entity.at = at;
      entity.gone = undefined;
      expect(entity.at).toEqual(at);
      expect(entity.gone).toBe(null);
    });
    expect(changes).toEqual({ at: at.toISOString(), gone: null });
    expect(() => changesOf({}, (entity) => (entity.at = new Date(NaN)))).toThrow(DBSerializationError);
  });

  it('ignores symbols and keeps __proto__ harmless', () => {
    const changes = changesOf({ nested: {} }, (entity) => {
      entity[Symbol('x')] = 1;
      entity.nested['__proto__'] = { polluted: true };
      entity.constructor = 1;
    });
    expect(Object.keys(changes)).toEqual(['nested', 'constructor']);
    expect(Object.keys(changes['nested'])).toEqual(['__proto__']);
    expect(({} as any).polluted).toBeUndefined();
  });

  it('never touches objects that the entity shares with others', () => {
    const shared = Object.freeze({ list: Object.freeze([1]), deep: Object.freeze({ x: 1 }) });
    const assigned = { y: Object.freeze({ z: 1 }) };
    const { entity } = update({ shared }, (e) => {
      e.shared.deep.x = 2;
      e.shared.list.push(2);
      e.assigned = assigned;
      e.assigned.y.z = 2;
    });
    expect(shared).toEqual({ list: [1], deep: { x: 1 } });
    expect(assigned).toEqual({ y: { z: 1 } });
    expect(entity).toEqual({ shared: { list: [1, 2], deep: { x: 2 } }, assigned: { y: { z: 2 } } });
  });

  it('does not record writes to a value that was replaced', () => {
    const changes = changesOf({ a: { x: 1 } }, (entity) => {
      const old = entity.a;
      entity.a = { y: 1 };
      old.x = 5;
    });
    expect(changes).toEqual({ a: { x: null, y: 1 } });
  });
});

describe('assigning objects', () => {
  it('nulls what the old object had, at every depth', () => {
    const { changes, entity } = update({ data: { a: 1, n: { x: 1, y: 1 } } }, (e) => {
      e.data = { b: 2, n: { y: 2 } };
    });
    expect(changes).toEqual({ data: { a: null, b: 2, n: { x: null, y: 2 } } });
    expect(entity['data']).toEqual({ a: null, b: 2, n: { x: null, y: 2 } });
    expect(changesOf({ data: { a: 1 } }, (e) => (e.data = {}))).toEqual({ data: { a: null } });
  });

  it('just replaces what was no object', () => {
    expect(changesOf({ data: 1 }, (e) => (e.data = { a: 1 }))).toEqual({ data: { a: 1 } });
    expect(changesOf({ data: { a: 1 } }, (e) => (e.data = [1]))).toEqual({ data: [1] });
    expect(changesOf({}, (e) => (e.data = { a: undefined, b: 1 }))).toEqual({ data: { b: 1 } });
  });

  it('refuses what has no end', () => {
    const list: unknown[] = [];
    list.push(list);
    const object: Change = {};
    object['self'] = object;
    for (const endless of [list, object])
      expect(() => changesOf({}, (e) => (e.data = endless))).toThrow(DBSerializationError);
  });

  it('remembers the stored object through null', () => {
    const changes = changesOf({ data: { a: 1 } }, (e) => {
      e.data = null;
      e.data = { b: 1 };
    });
    expect(changes).toEqual({ data: { a: null, b: 1 } });
  });

  it('records writes into a newly assigned object', () => {
    const changes = changesOf({}, (e) => {
      e.data = { a: { b: 1 } };
      e.data.a.b = 2;
      e.data.a.c = [1];
      e.data.a.c.push(2);
    });
    expect(changes).toEqual({ data: { a: { b: 2, c: [1, 2] } } });
  });
});

describe('arrays', () => {
  it('record what is appended or set by index', () => {
    expect(changesOf({ j: [1, 2, 3] }, (e) => e.j.push(4))).toEqual({ j: { '3': 4 } });
    expect(changesOf({ j: [1, 2, 3] }, (e) => (e.j[0] = 4))).toEqual({ j: { '0': 4 } });
    expect(changesOf({ j: [{ x: 1 }] }, (e) => (e.j[0].x = 2))).toEqual({ j: { '0': { x: 2 } } });
    expect(changesOf({ j: [[1], 2] }, (e) => e.j[0].push(3))).toEqual({ j: { '0': { '1': 3 } } });
  });

  it('are recorded whole when elements go away or move', () => {
    expect(changesOf({ j: [1, 2, 3] }, (e) => e.j.shift())).toEqual({ j: [2, 3] });
    expect(changesOf({ j: [1, 2, 3] }, (e) => e.j.pop())).toEqual({ j: [1, 2] });
    expect(changesOf({ j: [1, 2, 3] }, (e) => e.j.splice(1, 1, 'x', 'y'))).toEqual({
      j: { '1': 'x', '2': 'y', '3': 3 },
    });
    expect(changesOf({ j: [{ n: 2 }, { n: 1 }] }, (e) => e.j.sort((a: any, b: any) => a.n - b.n))).toEqual({
      j: [{ n: 1 }, { n: 2 }],
    });
    expect(changesOf({ j: [{ x: 1 }] }, (e) => (e.j[0] = { y: 1 }))).toEqual({ j: [{ y: 1 }] });
  });

  it('look and behave like arrays', () => {
    const { entity } = update({ j: [3, 1, 2] }, (e) => {
      expect(Array.isArray(e.j)).toBe(true);
      expect([...e.j]).toEqual([3, 1, 2]);
      expect(e.j.includes(1)).toBe(true);
      expect(e.j.map((n: number) => n + 1)).toEqual([4, 2, 3]);
      e.j.sort();
      e.j.length = 2;
      e.j[3] = 9;
    });
    expect(entity['j']).toEqual([1, 2, null, 9]);
  });
});

describe('sets', () => {
  it('record added, removed and cleared members', () => {
    expect(changesOf({ s: new Set(['a']) }, (e) => e.s.add('b').add('a'))).toEqual({ s: { b: true } });
    expect(changesOf({ s: new Set(['a']) }, (e) => e.s.delete('a'))).toEqual({ s: { a: false } });
    expect(changesOf({ s: new Set(['a']) }, (e) => e.s.delete('b'))).toEqual({});
    expect(changesOf({ s: new Set(['a', 'b']) }, (e) => e.s.clear())).toEqual({ s: { a: false, b: false } });
    expect(changesOf({ s: new Set(['a', 'b']) }, (e) => (e.s = new Set(['b', 'c'])))).toEqual({
      s: { a: false, b: true, c: true },
    });
  });

  it('read as what they became', () => {
    const { entity } = update({ s: new Set([1, 2]) }, (e) => {
      e.s.add(3);
      e.s.delete(1);
      expect(e.s).toBeInstanceOf(Set);
      expect([e.s.size, [...e.s], Array.from(e.s.keys()), e.s.has(3)]).toEqual([2, [2, 3], [2, 3], true]);
    });
    expect(entity['s']).toEqual(new Set([2, 3]));
  });

  it('of dates are keyed by ISO text and find members by time', () => {
    const [day, other] = [new Date(0), new Date(1)];
    const changes = changesOf(
      { s: new Set([day]) },
      (e) => {
        e.s.delete(new Date(0));
        e.s.add(other);
        expect([...e.s]).toEqual([other]);
      },
      setType('date'),
    );
    expect(changes).toEqual({ s: { [day.toISOString()]: false, [other.toISOString()]: true } });
    expect(changesOf({ s: new Set([day]) }, (e) => (e.s = new Set([other])), setType('date'))).toEqual({
      s: { [day.toISOString()]: false, [other.toISOString()]: true },
    });
  });

  it('can be assigned as arrays where the schema says so', () => {
    expect(changesOf({ s: new Set([1]) }, (e) => (e.s = [2]), setType('number'))).toEqual({
      s: { '1': false, '2': true },
    });
    expect(changesOf({ s: null }, (e) => ((e.s = new Set(['x'])), e.s.add('y')), setType('string'))).toEqual({
      s: { x: true, y: true },
    });
  });

  it('take the place of an object, as which a set is stored where no schema tells', () => {
    expect(changesOf({ s: { a: true, b: true } }, (e) => (e.s = new Set(['b', 'c'])))).toEqual({
      s: { a: null, b: true, c: true },
    });
    expect(changesOf({ at: { s: { a: true } } }, (e) => (e.at = { s: new Set() }))).toEqual({ at: { s: { a: null } } });
  });

  it('are recorded inside what is newly assigned', () => {
    expect(changesOf({}, (e) => (e.data = { s: new Set(['a']), list: [new Date(0)] }))).toEqual({
      data: { s: { a: true }, list: ['1970-01-01T00:00:00.000Z'] },
    });
  });

  it('refuse members of another type', () => {
    const entity = () => ({ s: new Set(['a']) });
    expect(() => changesOf(entity(), (e) => e.s.add(null), setType('string'))).toThrow(DBSerializationError);
    expect(() => changesOf(entity(), (e) => e.s.add(1), setType('string'))).toThrow(DBSerializationError);
    expect(() => changesOf(entity(), (e) => (e.s = new Set([null])), setType('string'))).toThrow(DBSerializationError);
  });
});

describe('for any history of writes', () => {
  const key = fc.constantFrom('a', 'b', '__proto__');
  const value = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<unknown>(0, 'x', null, undefined) },
    fc.letrec((tie) => ({
      json: fc.oneof(
        { depthSize: 'small' },
        fc.integer({ min: 0, max: 3 }),
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(key, tie('json'), { minKeys: 1, maxKeys: 2, noNullPrototype: true }),
      ),
    })).json,
  );
  const write = fc.record({
    path: fc.array(fc.oneof(key, fc.constantFrom('0', '1', '2')), { maxLength: 3 }),
    key: fc.oneof(key, fc.nat(4).map(String)),
    verb: fc.constantFrom('set', 'delete', 'push', 'pop', 'shift', 'reverse'),
    value,
  });

  function perform(entity: any, { path, key: name, verb, value: assigned }: any): void {
    let target = entity;
    for (const step of path) {
      if (!Object.hasOwn(target, step) || typeof target[step] !== 'object' || target[step] === null) break;
      target = target[step];
    }
    if (Array.isArray(target)) {
      if (verb === 'set' && /\d/.test(name)) target[name] = assigned;
      else if (verb === 'push') target.push(assigned);
      else if (verb === 'pop' || verb === 'shift' || verb === 'reverse') target[verb]();
    } else if (!/\d/.test(name)) {
      if (verb === 'set') target[name] = assigned;
      if (verb === 'delete') delete target[name];
    }
  }

  it('the recorded change makes of the stored row what the updater read back', () => {
    fc.assert(
      fc.property(
        fc.dictionary(key, value, { noNullPrototype: true }),
        fc.array(write, { maxLength: 6 }),
        (base, writes) => {
          const stored = JSON.parse(JSON.stringify(base)) as Change;
          const text = JSON.stringify(stored);
          const { changes, entity } = update({ ...stored }, (proxy) => writes.forEach((one) => perform(proxy, one)));
          expect(applyChange(stored, changes).next).toEqual(entity);
          expect(JSON.stringify(stored)).toBe(text);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
