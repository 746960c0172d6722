import { describe, expect, it } from 'vitest';
import { Schema as S } from './builder.ts';

describe('the builder', () => {
  it('returns plain data', () => {
    expect(S.String({ enum: ['a'], nullable: true, default: 'a' })).toStrictEqual({
      type: 'string',
      config: { enum: ['a'], nullable: true, default: 'a' },
    });
    expect(S.Number()).toStrictEqual({ type: 'number', config: { nullable: undefined, default: undefined } });
    expect(S.Record({ a: S.Boolean() }, { nullable: true })).toStrictEqual({
      type: 'record',
      config: { nullable: true },
      properties: { a: { type: 'boolean', config: { nullable: undefined, default: undefined } } },
    });
    expect(S.Set(S.Date(), { default: S.Default.Set.empty() })).toStrictEqual({
      type: 'set',
      items: { type: 'date', config: { nullable: undefined, default: undefined } },
      config: { nullable: undefined, default: { func: 'Set.empty', args: null } },
    });
    expect(S.Id()).toStrictEqual({
      type: 'string',
      config: { enum: undefined, nullable: false, default: { func: 'nanoid', args: null } },
    });
    expect(S.Id({ format: 'uuidv7' }).config).toMatchObject({ default: { func: 'uuidv7' } });
    expect(JSON.stringify(S.String())).toBe('{"type":"string","config":{}}');
    expect(S.Schema({ id: S.Id() })).toStrictEqual(S.Record({ id: S.Id() }));
    expect(S.Default.Id.nanoid(10)).toEqual({ func: 'nanoid', args: [10] });
    expect(S.Default.now()).toEqual(S.Default.Date.now());
  });

  it('writes defaults down as JSON', () => {
    const day = new Date('2020-01-01T00:00:00.000Z');
    expect(S.Date({ default: day }).config?.default).toBe('2020-01-01T00:00:00.000Z');
    expect(S.Set(S.Date(), { default: new Set([day]) }).config?.default).toEqual(['2020-01-01T00:00:00.000Z']);
    expect(S.Date({ default: new Date(NaN) }).config?.default).toEqual(new Date(NaN));
  });

  it('makes an optional copy', () => {
    const type = S.String();
    expect(S.Optional(type).config.optional).toBe(true);
    expect(type.config).not.toHaveProperty('optional');
    expect(S.Optional({ type: 'number' })).toEqual({ type: 'number', config: { optional: true } });
  });

  it('describes relations as queries', () => {
    expect(S.RelationMany('posts', { where: [['authorId', '=', '$id']], limit: 3 })).toEqual({
      query: { collectionName: 'posts', where: [['authorId', '=', '$id']], limit: 3 },
      cardinality: 'many',
    });
    expect(S.RelationOne('posts', {})).toEqual({ query: { collectionName: 'posts' }, cardinality: 'one' });
    expect(S.RelationById('users', '$authorId')).toEqual({
      query: { collectionName: 'users', where: [['id', '=', '$authorId']] },
      cardinality: 'one',
    });
  });

  it('hands collections and filters back unchanged', () => {
    const collections = { a: { schema: S.Schema({ id: S.Id() }) } };
    expect(S.Collections(collections)).toBe(collections);
    const where = [['a', '=', 1]] as const;
    expect(S.Filter(where)).toBe(where);
  });
});
