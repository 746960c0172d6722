import { describe, expect, test } from 'vitest';
import { claimFor, ownerOf, release, UNOWNED } from './ownership.ts';

describe('pending writes', () => {
  test('made before anybody signed in belong to the first who does', () => {
    const ownership = claimFor(UNOWNED, 'ann', '3');
    expect(ownerOf(ownership, '1')).toBe('ann');
    expect(ownerOf(ownership, '4')).toBe('ann');
  });

  test('stay with the person who made them when another signs in', () => {
    const ann = claimFor(UNOWNED, 'ann', undefined);
    const bob = claimFor(ann, 'bob', '2');
    expect(['1', '2', '3'].map((id) => ownerOf(bob, id))).toEqual(['ann', 'ann', 'bob']);
  });

  test('are sent again once that person is back', () => {
    const back = claimFor(claimFor(claimFor(UNOWNED, 'ann', undefined), 'bob', '2'), 'ann', '4');
    expect(['1', '2', '3', '4', '5'].map((id) => ownerOf(back, id))).toEqual(['ann', 'ann', 'bob', 'bob', 'ann']);
  });

  test('made after signing out belong to whoever signs in next', () => {
    const signedOut = release(claimFor(UNOWNED, 'ann', undefined), '1');
    expect(ownerOf(signedOut, '1')).toBe('ann');
    expect(ownerOf(signedOut, '2')).toBe(null);
    const bob = claimFor(signedOut, 'bob', '2');
    expect(['1', '2', '3'].map((id) => ownerOf(bob, id))).toEqual(['ann', 'bob', 'bob']);
  });

  test('of a session that wrote nothing leave no trace', () => {
    const ann = claimFor(UNOWNED, 'ann', undefined);
    const back = claimFor(claimFor(ann, 'bob', '2'), 'ann', '2');
    expect(back.segments).toEqual(ann.segments);
  });

  test('that were all sent leave nothing to remember', () => {
    const bob = claimFor(claimFor(UNOWNED, 'ann', '9'), 'bob', undefined);
    expect(ownerOf(bob, '1')).toBe('bob');
    expect(bob.segments).toHaveLength(1);
  });
});

describe('the generation of answers', () => {
  test('stays while the same person comes and goes', () => {
    const ann = claimFor(UNOWNED, 'ann', undefined);
    expect(claimFor(release(ann, undefined), 'ann', undefined).generation).toBe(ann.generation);
  });

  test('grows with each other person, also when the first comes back', () => {
    const bob = claimFor(claimFor(UNOWNED, 'ann', undefined), 'bob', undefined);
    expect([bob.generation, claimFor(bob, 'ann', undefined).generation]).toEqual([1, 2]);
  });
});
