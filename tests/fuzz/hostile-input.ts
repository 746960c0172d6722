/** Random frames and request bodies: some valid, most of them nearly, the rest anything. */
import { digestOf, encodeDigest } from '@triplit/db/sync';
import fc from 'fast-check';

const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('todos', 'users', 'secrets') },
  { weight: 1, arbitrary: fc.constantFrom('_metadata', '__proto__', 'constructor', '', 'a.b', 'nope') },
);
const id = fc.oneof(fc.constantFrom('t1', 't2', 'u1', '', '__proto__', '_schema'), fc.string({ maxLength: 6 }));
const attribute = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      'id',
      'text',
      'n',
      'done',
      'tags',
      'created',
      'meta.a',
      'j.k',
      'authorId',
      'author.name',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor.name', '', '.', 'author..', 'nope') },
);
const scalar = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(
    null,
    '$session.sub',
    '$1.id',
    '$0.id',
    '$99.id',
    '$role.uid',
    '$',
    '2024-01-01T00:00:00.000Z',
    '\ud800',
  ),
);
const value = fc.oneof({ weight: 6, arbitrary: scalar }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) });
const operator = fc.constantFrom(
  '=',
  '!=',
  '<',
  '>=',
  'in',
  'nin',
  'like',
  'nlike',
  'has',
  '!has',
  'isDefined',
  'nope',
  '',
);

const { query } = fc.letrec<{ query: unknown; filter: unknown; inclusion: unknown }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'query' },
    fc.tuple(attribute, operator, value),
    fc.boolean(),
    value,
    fc.record({ mod: fc.constantFrom('and', 'or', 'nope'), filters: fc.array(tie('filter'), { maxLength: 3 }) }),
    fc.record({ exists: tie('query') }),
  ),
  inclusion: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'query' },
    fc.constantFrom(null, true, 'author'),
    fc.record({ subquery: tie('query'), cardinality: fc.constantFrom('one', 'many', 'nope') }, { requiredKeys: [] }),
    fc.record({ _extends: attribute, where: fc.array(tie('filter'), { maxLength: 2 }) }, { requiredKeys: [] }),
  ),
  query: fc.record(
    {
      collectionName: name,
      where: fc.oneof(fc.array(tie('filter'), { maxLength: 3 }), value),
      include: fc.oneof(fc.dictionary(fc.constantFrom('author', 'x', '__proto__'), tie('inclusion')), value),
      order: fc.oneof(fc.array(fc.tuple(attribute, fc.constantFrom('ASC', 'DESC', 'nope')), { maxLength: 2 }), value),
      limit: fc.oneof(fc.integer(), value),
      after: fc.oneof(fc.tuple(fc.array(value, { maxLength: 2 }), fc.boolean()), value),
      select: fc.oneof(fc.array(attribute, { maxLength: 3 }), value),
      vars: fc.oneof(fc.dictionary(fc.string({ maxLength: 4 }), value), value),
    },
    { requiredKeys: ['collectionName'] },
  ),
}));

const entity = fc.record(
  { id, text: value, n: value, done: value, tags: value, created: value, meta: value, j: value, authorId: value },
  { requiredKeys: [] },
);
const annotation = fc.oneof(
  fc.constantFrom('map', 'set', 'undefined', 'Date', 'bigint', 'number', 'regexp', 'nope'),
  value,
);
const changes = fc.record(
  {
    json: fc.oneof(
      {
        weight: 5,
        arbitrary: fc.dictionary(
          name,
          fc.record({
            sets: fc.array(fc.tuple(id, entity), { maxLength: 3 }),
            deletes: fc.array(id, { maxLength: 2 }),
          }),
          { maxKeys: 2 },
        ),
      },
      { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
    ),
    meta: fc.oneof(
      fc.constant({
        values: Object.fromEntries(
          ['todos', 'users', 'secrets'].flatMap((collection) => [
            [`${collection}.sets`, ['map']],
            [`${collection}.deletes`, ['set']],
          ]),
        ),
        v: 1,
      }),
      fc.record({ values: fc.dictionary(fc.string({ maxLength: 8 }), fc.array(annotation, { maxLength: 2 })) }),
      value,
    ),
  },
  { requiredKeys: ['json'] },
);
const timestamp = fc.oneof(fc.tuple(fc.integer(), fc.integer(), fc.constantFrom('server', '')), value);
const word = fc.nat(0xffffffff);
const digest = fc.oneof(
  fc
    .tuple(name, fc.array(id, { maxLength: 3 }), fc.array(fc.tuple(fc.nat(290), word), { maxLength: 300 }))
    .map(([collection, ids, edits]) => {
      const made = digestOf([[collection, ids]], [1, 2]);
      for (const [index, changed] of edits) made[index] = changed;
      return encodeDigest(made);
    }),
  value,
);
const state = fc.record(
  {
    timestamp,
    entityIds: fc.oneof(fc.dictionary(name, fc.array(id, { maxLength: 3 })), value),
    digest,
  },
  { requiredKeys: ['timestamp', 'entityIds'] },
);

const transactionId = fc.oneof(fc.constantFrom('1', '2', '3', '', '__proto__'), value);
const transaction = fc.record(
  {
    id: transactionId,
    changes,
    joined: fc.oneof(fc.array(fc.record({ id: transactionId, changes }), { maxLength: 2 }), value),
  },
  { requiredKeys: ['id', 'changes'] },
);

const message = fc.oneof(
  fc.record({
    type: fc.constant('CONNECT_QUERY'),
    payload: fc.record({ id, params: query, state: fc.oneof(state, fc.constant(undefined)) }),
  }),
  fc.record({ type: fc.constant('CHANGES'), payload: fc.record({ changes }) }),
  fc.record({
    type: fc.constant('CHANGES'),
    payload: fc.record(
      {
        transactions: fc.oneof(
          { weight: 4, arbitrary: fc.array(transaction, { maxLength: 3 }) },
          { weight: 1, arbitrary: value },
        ),
        settled: fc.oneof(fc.array(transactionId, { maxLength: 2 }), value),
        changes,
      },
      { requiredKeys: ['transactions'] },
    ),
  }),
  fc.record({ type: fc.constant('DISCONNECT_QUERY'), payload: fc.record({ id }) }),
  fc.record({
    type: fc.constant('CHUNK'),
    payload: fc.record({
      data: fc.string(),
      total: fc.oneof(fc.integer({ min: -1, max: 4 }), value),
      index: fc.oneof(fc.integer({ min: -1, max: 4 }), value),
      id,
    }),
  }),
  fc.record({ type: fc.constant('PING'), payload: fc.record({ clientTimestamp: value }, { requiredKeys: [] }) }),
  fc.record({ type: fc.constantFrom('SCHEMA_RESPONSE', 'UPDATE_TOKEN', 'nope'), payload: value }),
);

/** Replaces, removes or repeats a few characters. */
function mutated(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(),
    remove: fc.nat({ max: 3 }),
    insert: fc.string({ maxLength: 3, unit: 'binary' }),
  });
  return fc.tuple(text, fc.array(edit, { minLength: 1, maxLength: 3 })).map(([original, edits]) => {
    let result = original;
    for (const { at, remove, insert } of edits) {
      const index = at % (result.length + 1);
      result = result.slice(0, index) + insert + result.slice(index + remove);
    }
    return result;
  });
}

const frameText = message.map((parts) => JSON.stringify(parts));

/** The text of one frame. */
export const hostileFrame = fc.oneof(
  { weight: 5, arbitrary: frameText },
  { weight: 3, arbitrary: mutated(frameText) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.string() },
);

const path = fc.constantFrom(
  'fetch',
  'insert',
  'bulk-insert',
  'bulk-insert-file',
  'update',
  'delete',
  'update-token',
  'override-schema',
  'apply-changes',
  'delete-all',
  'stats',
  'schema',
  'version',
  'message',
  'settings',
  'update-settings',
  'nope',
);
const body = fc.oneof(
  fc.record({ query }),
  fc.record({ collectionName: name, entity }),
  fc.record({ collectionName: name, entityId: id, changes: fc.oneof(entity, value) }),
  fc.dictionary(name, fc.oneof(fc.array(entity, { maxLength: 3 }), value)),
  fc.record({ changes }),
  fc.record({ clientId: value }),
);
const bodyText = body.map((value_) => JSON.stringify(value_));

/** The path and body of one HTTP request. */
export const hostileRequest = fc.record({
  path,
  body: fc.oneof({ weight: 4, arbitrary: bodyText }, { weight: 2, arbitrary: mutated(bodyText) }, fc.string()),
});
