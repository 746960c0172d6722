/** A schema may come from anywhere as JSON. Whatever is wrong with it, the error is one of ours. */
import { expect, test } from 'vitest';
import { DBInitializationError, TriplitError } from '../base/errors.ts';
import { Schema as S } from '../schema/builder.ts';
import type { DBSchema } from '../schema/types.ts';
import { validateSchema } from '../schema/validate-schema.ts';
import { createDB } from './create-db.ts';
import { DB } from './database.ts';

const whole = () =>
  JSON.parse(
    JSON.stringify({
      collections: {
        c: {
          schema: S.Schema({
            id: S.Id(),
            a: S.String({ enum: ['x'], default: 'x', nullable: true }),
            s: S.Set(S.String(), { default: ['a'] }),
            r: S.Optional(S.Record({ d: S.Date({ default: S.Default.now() }) })),
          }),
          relationships: { me: { query: { collectionName: 'c', where: [['id', '=', '$id']] }, cardinality: 'one' } },
          permissions: { u: { read: { filter: [['me.a', '=', '$role.x']] }, postUpdate: { filter: [true] } } },
        },
      },
      roles: { u: { match: { sub: '$x', deep: { a: 1 } } } },
    }),
  ) as object;
const places = (value: unknown, path: string[] = []): string[][] =>
  typeof value !== 'object' || value === null
    ? [path]
    : [path, ...Object.entries(value).flatMap(([key, member]) => places(member, [...path, key]))];
const replaced = (value: unknown, [key, ...rest]: string[], by: unknown): unknown =>
  key === undefined
    ? by
    : Object.assign(Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }, {
        [key]: replaced((value as Record<string, unknown>)[key], rest, by),
      });
const junk = ['null', '0', '""', '"x"', 'true', '[]', '[1]', '{}', '{"type":"set"}', '{"toString":1,"valueOf":1}'];

test.each(junk)('%s in any place of a schema is refused, or fails later with an error that says so', async (text) => {
  expect(validateSchema(whole())).toBeUndefined();
  for (const place of places(whole())) {
    const schema = replaced(whole(), place, JSON.parse(text)) as DBSchema;
    const fault = validateSchema(schema);
    if (fault !== undefined) {
      expect(() => new DB({ schema })).toThrow(DBInitializationError);
      continue;
    }
    const { db, event } = await createDB({ schema });
    expect(event.type).toBe('SUCCESS');
    const user = db.withSessionVars({ sub: 'u', deep: { a: 1 } });
    const uses = [
      () => user.fetch({ collectionName: 'c', include: { me: true } }),
      () => db.insert('c', { id: '1', r: { d: 0 } }),
      () => user.insert('c', { id: '2' }),
      () => user.update('c', '1', { a: 'x' }),
      () => user.overrideSchema(whole() as DBSchema),
    ];
    for (const use of uses) {
      const failure = await use().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure !== undefined) expect(failure, place.join('.')).toBeInstanceOf(TriplitError);
    }
  }
});
