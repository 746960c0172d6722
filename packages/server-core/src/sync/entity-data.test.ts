import { describe, expect, it } from 'vitest';
import type { Row } from '@triplit/db';
import { entityDataFrame, entityDataPayload } from './entity-data.ts';
import { PendingNews } from './entity-news.ts';

const nothing = () => undefined;
const timestamp = [1795429503641, 0, 'server'] as const;

describe('entity data', () => {
  it('as text is exactly the message that it is as an object', () => {
    const news = new PendingNews();
    news.answer('q1');
    news.answer('q2');
    news.set('todos', 't1', { id: 't1', text: 'a "quoted" text \u2028', tags: { x: true, y: false }, n: null });
    news.delete('todos', 't2');
    news.set('a.b\\c', '1', { id: '1', u: undefined, at: Number.NaN });
    const taken = news.take(['users'], nothing)!;
    const message = { type: 'ENTITY_DATA', payload: entityDataPayload(taken, timestamp) };
    expect(entityDataFrame(taken, timestamp)).toBe(JSON.stringify(message));
    expect(message.payload.changes.json).toMatchObject({ users: { sets: [], deletes: [] } });
    expect(message.payload.forQueries).toEqual(['q1', 'q2']);
  });

  it('replaces an entity that the client might otherwise merge with members that were removed', () => {
    const news = new PendingNews();
    news.answer('q');
    news.set('todos', 'pruned', { id: 'pruned', tags: { x: true } });
    news.set('todos', 'recent', { id: 'recent', tags: { x: true } });
    const taken = { ...news.take([], nothing)!, replaces: (_collection: string, id: string) => id === 'pruned' };
    const message = { type: 'ENTITY_DATA', payload: entityDataPayload(taken, timestamp) };
    expect(entityDataFrame(taken, timestamp)).toBe(JSON.stringify(message));
    expect(message.payload.changes.json).toMatchObject({
      todos: {
        sets: [
          ['pruned', {}],
          ['recent', {}],
        ],
        deletes: ['pruned'],
      },
    });
  });

  it('turns a row into text once, however often it is sent', () => {
    let reads = 0;
    const row = { id: '1' } as Record<string, unknown>;
    Object.defineProperty(row, 'text', { enumerable: true, get: () => `read ${++reads}` });
    const frame = (query: string) => {
      const news = new PendingNews();
      news.answer(query);
      news.set('todos', '1', row as Row);
      return entityDataFrame(news.take([], nothing)!, timestamp);
    };
    const first = frame('a');
    expect(frame('b')).toBe(first.replace('"a"', '"b"'));
    expect(JSON.parse(first).payload.changes.json.todos.sets[0][1].text).toMatch(/^read \d$/);
  });
});

describe('pending news', () => {
  it('keep the newest state of an entity', () => {
    const news = new PendingNews();
    news.answer('q');
    news.set('todos', '1', { id: '1', n: 1 });
    news.delete('todos', '1');
    expect(news.isDeleted('todos', '1')).toBe(true);
    news.set('todos', '1', { id: '1', n: 2 });
    expect(news.isDeleted('todos', '1')).toBe(false);
    expect(news.take([], nothing)!.entities.get('todos')!.get('1')).toEqual({ id: '1', n: 2 });
    expect(news.take([], nothing)).toBeUndefined();
  });

  it('go when nobody waits for them any more', () => {
    const news = new PendingNews();
    news.answer('q');
    news.set('todos', '1', { id: '1' });
    news.forget('q');
    expect(news.isEmpty).toBe(true);
    news.answer('other');
    expect(news.take([], nothing)!.entities.size).toBe(0);
  });
});
