import { expect, it } from 'vitest';
import { plainJson } from './plain-json.ts';

it('writes entities as HTTP clients read them', () => {
  const entity = {
    id: 't1',
    created: new Date('2024-01-02T03:04:05.678Z'),
    tags: new Set(['a', 'b']),
    due: undefined,
    n: null,
    author: { id: 'u1', seen: new Set([new Date(0)]) },
    list: [{ at: new Date(0) }],
  };
  expect(plainJson([entity])).toEqual([
    {
      id: 't1',
      created: '2024-01-02T03:04:05.678Z',
      tags: ['a', 'b'],
      n: null,
      author: { id: 'u1', seen: ['1970-01-01T00:00:00.000Z'] },
      list: [{ at: '1970-01-01T00:00:00.000Z' }],
    },
  ]);
});
