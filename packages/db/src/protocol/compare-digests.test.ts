import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDigests } from './compare-digests.ts';
import type { Words } from './half-sip-hash.ts';
import { decodeDigest, digestOf, encodeDigest, idHash, isDigestText } from './id-digest.ts';
import type { IdDigest } from './id-digest.ts';

const KEY: Words = [1, 2];
const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
const digest = (members: Iterable<string>, key = KEY): IdDigest => digestOf([['todos', members]], key);
const hashes = (members: readonly string[], key = KEY) => new Map(members.map((id) => idHash(key, 'todos')(id)));
const size = fc.nat(400);
const key = fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff));

describe('two digests', () => {
  it('tell what only one of two sets has', () => {
    const mine = digest([...ids('both', 10_000), 'mine']);
    const theirs = digest([...ids('both', 10_000), 'theirs 1', 'theirs 2']);
    expect(compareDigests(mine, theirs)).toEqual({
      onlyMine: hashes(['mine']),
      onlyTheirs: hashes(['theirs 1', 'theirs 2']),
    });
  });

  it('tell ids of different collections apart', () => {
    const mine = digestOf([['todos', ['1']]], KEY);
    const theirs = digestOf([['users', ['1']]], KEY);
    expect(compareDigests(mine, theirs)?.onlyMine).toEqual(hashes(['1']));
    expect(compareDigests(mine, theirs)?.onlyTheirs).toEqual(new Map([idHash(KEY, 'users')('1')]));
  });

  it('tell up to fifty differences nearly always, and nothing when there are too many', () => {
    const told = (count: number): boolean[] =>
      Array.from({ length: 200 }, (_, run) => {
        const salt: Words = [run, 7];
        return compareDigests(digest(ids('x', 300), salt), digest(ids('x', 300 + count), salt)) !== undefined;
      });
    expect(told(10).filter(Boolean).length).toBeGreaterThan(197);
    expect(told(50).filter(Boolean).length).toBeGreaterThan(190);
    expect(told(400)).toEqual(Array(200).fill(false));
  });

  it('are never wrong about random sets', () => {
    const difference = fc.nat(120);
    fc.assert(
      fc.property(size, difference, difference, key, (both, mine, theirs, salt) => {
        const shared = ids('both', both);
        const differences = compareDigests(
          digest([...shared, ...ids('mine', mine)], salt),
          digest([...shared, ...ids('theirs', theirs)], salt),
        );
        if (differences === undefined) return;
        expect(differences.onlyMine).toEqual(hashes(ids('mine', mine), salt));
        expect(differences.onlyTheirs).toEqual(hashes(ids('theirs', theirs), salt));
      }),
      { numRuns: 200 },
    );
  });

  it('end the comparison with anything, and are not believed when they do not add up', () => {
    const word = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 1, 0x10000, 0xffff0000, 0xffffffff));
    const edits = fc.array(fc.tuple(fc.integer({ min: 2, max: 290 }), word), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(edits, (changed) => {
        const mine = digest(ids('x', 100));
        const theirs = digest(ids('x', 100));
        for (const [index, value] of changed) theirs[index] = value;
        const differences = compareDigests(mine, theirs);
        if (theirs.every((value, index) => value === mine[index])) return;
        // Cells that were made up cannot lead to hashes of the known set, except by taking such out.
        for (const low of differences?.onlyMine.keys() ?? []) expect(hashes(ids('x', 100)).has(low)).toBe(true);
      }),
    );
    const short = digest(ids('x', 100));
    short[2]!--;
    expect(compareDigests(digest(ids('x', 100)), short)).toBeUndefined();
  });
});

describe('the text of a digest', () => {
  it('is the same for every number of ids, and read back as it was', () => {
    fc.assert(
      fc.property(size, key, (count, salt) => {
        const text = encodeDigest(digest(ids('x', count), salt));
        expect(text).toHaveLength(1552);
        expect(isDigestText(text)).toBe(true);
        expect(decodeDigest(text)).toEqual(digest(ids('x', count), salt));
      }),
      { numRuns: 30 },
    );
  });

  it('is not mistaken for another', () => {
    const text = encodeDigest(digest(['1']));
    for (const other of [undefined, 1, '', text.slice(4), `${text}AAAA`, `=${text.slice(1)}`, `\n${text.slice(1)}`])
      expect(isDigestText(other)).toBe(false);
  });
});

it('has a random key unless one is given', () => {
  expect(digestOf([])).not.toEqual(digestOf([]));
});
