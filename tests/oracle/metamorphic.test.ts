/**
 * Laws between the answers of one database to related questions; nobody has to know the right answer. Every question is
 * counted as well: a count is the number of rows without limit and cursor.
 */
import { test } from 'vitest';
import type { DB } from '@triplit/db';
import { randomCase, setWaysToRead } from './case.ts';
import type { Case } from './case.ts';
import { commit, expectEqual, open } from './judge.ts';
import type { Filter, Query } from './naive-database.ts';
import { at, equal, isPlain } from './naive-values.ts';
import type { Row } from './naive-values.ts';
import { afterTransaction } from './naive-writes.ts';
import { Random } from './random.ts';
import { QueryGenerator, comparable } from './random-query.ts';
import { sortable } from './random-schema.ts';
import { casesOf, runCases, timeout } from './run-cases.ts';

/** Two ways to ask for the same rows, or for rows of which one way tells the other. */
type Law = (ask: Ask, random: Random, made: Case) => Promise<void>;
type Ask = (query: Query) => Promise<Row[]>;

const laws: Record<string, Law> = {
  'or(a, b) is the union of a and b': async (ask, random, made) => {
    const { collectionName, a, b, base } = filtersOf(random, made);
    const left = await ask({ collectionName, where: [...base, a] });
    const right = await ask({ collectionName, where: [...base, b] });
    const union = new Map([...left, ...right].map((row) => [row['id'], row]));
    const expected = [...union.values()].sort(byId);
    const query = { collectionName, where: [...base, { mod: 'or' as const, filters: [a, b] }] };
    expectEqual('or', query, expected, (await ask(query)).sort(byId));
  },
  'and(a, b) is the intersection of a and b, and its nesting is irrelevant': async (ask, random, made) => {
    const { collectionName, a, b, base } = filtersOf(random, made);
    const right = new Set((await ask({ collectionName, where: [...base, b] })).map((row) => row['id']));
    const expected = (await ask({ collectionName, where: [...base, a] })).filter((row) => right.has(row['id']));
    for (const where of [
      [...base, a, b],
      [...base, { mod: 'and' as const, filters: [a, b] }],
      [{ mod: 'and' as const, filters: [{ mod: 'and' as const, filters: [a] }, ...base] }, b],
    ]) {
      const query = { collectionName, where };
      expectEqual('and', query, expected.sort(byId), (await ask(query)).sort(byId));
    }
  },
  'the order of filters does not matter': async (ask, random, made) => {
    const query = random.pick(made.queries);
    const { collectionName, where = [], include } = query;
    const order: Query['order'] = [['id', 'ASC']];
    const asked: Query = {
      collectionName,
      where,
      order,
      ...(include && { include }),
      ...(query.vars && { vars: query.vars }),
    };
    const mixed = { ...asked, where: shuffledFilters(random, where) };
    expectEqual('order of filters', mixed, await ask(asked), await ask(mixed));
  },
  'an operator and its negation divide the rows': async (ask, random, made) => {
    const collectionName = random.pick(Object.keys(made.schema.collections));
    const generator = new QueryGenerator(random, made.schema);
    const [path, operator, value] = generator.statement(collectionName, []);
    // A reference across a relation says that some related row compares, and so may its negation.
    if (isReference(value)) return;
    const isSet =
      comparable(made.schema.collections[collectionName]!.schema).includes(path) && operator in setNegations;
    const negation = isSet
      ? setNegations[operator]
      : isSetPath(made, collectionName, path)
        ? undefined
        : negations[operator];
    if (negation === undefined) return;
    const both = await Promise.all(
      [operator, negation].map((one) => ask({ collectionName, where: [[path, one, value]] })),
    );
    const query = { collectionName, where: [[path, operator, value] as Filter] };
    expectEqual('negation', query, (await ask({ collectionName })).sort(byId), both.flat().sort(byId));
  },
  'a relation path, exists of the relation and exists of its query are the same': async (ask, random, made) => {
    const related = relationOf(random, made);
    if (related === undefined) return;
    const { collectionName, name, query } = related;
    const [path, operator, value] = new QueryGenerator(random, made.schema).statement(query.collectionName, []);
    if (isReference(value)) return;
    const inner: Filter = [path, operator, value];
    const where = [...(query.where ?? []), inner];
    const forms: Filter[] = [
      [`${name}.${path}`, operator, value],
      { exists: { _extends: name, where: [inner] } },
      { exists: { collectionName: query.collectionName, where } },
    ];
    const [expected, ...others] = await Promise.all(forms.map((form) => ask({ collectionName, where: [form] })));
    for (const other of others) expectEqual('exists', { collectionName, where: [forms[0]!] }, expected, other);
  },
  'an included relation is its query, and what is included is what exists': async (ask, random, made) => {
    const related = relationOf(random, made);
    if (related === undefined) return;
    const { collectionName, name, query, cardinality } = related;
    const short = await ask({ collectionName, include: { [name]: true } });
    const extended = await ask({ collectionName, include: { [name]: { _extends: name } } });
    const raw = await ask({ collectionName, include: { [name]: { subquery: query, cardinality } } });
    expectEqual('inclusion', { collectionName, include: { [name]: true } }, short, extended);
    expectEqual('inclusion', { collectionName, include: { [name]: true } }, short, raw);
    if (query.limit === 0) return;
    const found = short.filter((row) => (Array.isArray(row[name]) ? row[name].length > 0 : row[name] !== null));
    const existing = await ask({ collectionName, where: [{ exists: { _extends: name } }], include: { [name]: true } });
    expectEqual('exists', { collectionName, where: [{ exists: { _extends: name } }] }, found, existing);
  },
  'a limit cuts a longer result, and pages make up the whole': async (ask, random, made) => {
    const collectionName = random.pick(Object.keys(made.schema.collections));
    const { schema } = made.schema.collections[collectionName]!;
    const where = random.list(0, 1, () => new QueryGenerator(random, made.schema).filter(collectionName, [], 0));
    const paths = [...new Set([...random.some(sortable(schema), 0, 2), 'id'])];
    const order = paths.map((path): [string, 'ASC' | 'DESC'] => [path, random.pick(['ASC', 'DESC'] as const)]);
    const whole: Query = { collectionName, where, order };
    const all = await ask(whole);
    for (let limit = 0; limit <= all.length + 1; limit++)
      expectEqual('limit', { ...whole, limit }, all.slice(0, limit), await ask({ ...whole, limit }));
    const size = random.integer(1, 3);
    const inclusive = random.chance(0.3);
    const pages: Row[] = [];
    for (let cursor: unknown[] | undefined; pages.length <= all.length;) {
      const page = await ask({
        ...whole,
        limit: size + (inclusive && cursor ? 1 : 0),
        ...(cursor && { after: [cursor, inclusive] }),
      });
      pages.push(...page.slice(inclusive && cursor ? 1 : 0));
      const last = page.at(-1);
      if (last === undefined || page.length < size) break;
      const next = paths.map((path) => at(last, path) ?? null);
      if (equal(next, cursor)) break;
      cursor = next;
    }
    expectEqual('pages', whole, all, pages);
  },
};

const negations: Record<string, string> = {
  '=': '!=',
  '!=': '=',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
  in: 'nin',
  nin: 'in',
  like: 'nlike',
  nlike: 'like',
  has: '!has',
  '!has': 'has',
};
const setNegations: Record<string, string> = { has: '!has', '!has': 'has' };

for (const [name, law] of Object.entries(laws)) {
  test(name, { timeout }, async () => {
    await runCases(
      name,
      casesOf(0.15 / Object.keys(laws).length),
      (seed) => ({ seed, ...randomCase(seed) }),
      async (made) => {
        setWaysToRead(made);
        const db = await filled(made);
        const handle = made.session === undefined ? db : db.withSessionVars(made.session);
        const ask = async (query: Query): Promise<Row[]> => {
          const rows = (await handle.fetch(query as never)) as Row[];
          const whole = { ...query, limit: undefined, after: undefined };
          const all =
            query.limit === undefined && query.after === undefined ? rows : await handle.fetch(whole as never);
          expectEqual('count', query, [all.length], [await handle.count(query as never)]);
          return rows;
        };
        await law(ask, new Random(made.seed), made);
      },
    );
  });
}

async function filled(made: Case): Promise<DB<any>> {
  const db = open(made, {});
  let data = new Map();
  for (const operations of made.history) {
    const next = afterTransaction(made.schema, data, operations);
    if (next === undefined) continue;
    await commit(db, operations);
    data = next;
  }
  return db;
}

function filtersOf(random: Random, made: Case): { collectionName: string; a: Filter; b: Filter; base: Filter[] } {
  const collectionName = random.pick(Object.keys(made.schema.collections));
  const generator = new QueryGenerator(random, made.schema);
  const filter = (): Filter => {
    const made = generator.filter(collectionName, [], 0);
    // A group with nothing in it counts as if it was not there, so it has no rows of its own.
    return isEmptyGroup(made) ? true : made;
  };
  return { collectionName, a: filter(), b: filter(), base: random.list(0, 1, filter) };
}

function isEmptyGroup(filter: Filter): boolean {
  return isPlain(filter) && 'filters' in filter && (filter.filters as Filter[]).every(isEmptyGroup);
}

function relationOf(random: Random, made: Case) {
  const collectionName = random.pick(Object.keys(made.schema.collections));
  const relations = Object.entries(made.schema.collections[collectionName]!.relationships ?? {});
  if (relations.length === 0) return undefined;
  const [name, { query, cardinality }] = random.pick(relations);
  return { collectionName, name, query, cardinality };
}

const isReference = (value: unknown): boolean => typeof value === 'string' && /^\$\d/.test(value);

function isSetPath(made: Case, collection: string, path: string): boolean {
  const keys = path.split('.');
  let type = made.schema.collections[collection]!.schema;
  for (const key of keys) if (type.type === 'record') type = type.properties![key]!;
  return type.type === 'set';
}

function shuffledFilters(random: Random, filters: readonly Filter[]): Filter[] {
  return random.shuffled(filters).map((filter) => {
    if (!isPlain(filter)) return filter;
    if ('mod' in filter)
      return { mod: filter.mod, filters: shuffledFilters(random, filter.filters as Filter[]) } as Filter;
    const { exists } = filter as { exists: { where?: Filter[] } };
    return { exists: { ...exists, ...(exists.where && { where: shuffledFilters(random, exists.where) }) } } as Filter;
  });
}

const byId = (a: Row, b: Row): number => ((a['id'] as string) < (b['id'] as string) ? -1 : 1);
