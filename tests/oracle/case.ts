/** A case: a schema, a history and the queries that are judged after each of its commits. Plain data, made from a seed. */
import { plannerLimits } from '../../packages/db/src/engine/access-path.ts';
import { indexLimits } from '../../packages/db/src/entities/entity-store.ts';
import type { NaiveSchema, Query } from './naive-database.ts';
import { Random } from './random.ts';
import { randomHistory } from './random-history.ts';
import type { History } from './random-history.ts';
import { randomQuery } from './random-query.ts';
import { randomSchema } from './random-schema.ts';
import { IDS } from './random-values.ts';

export interface Case {
  schema: NaiveSchema;
  /** The session that queries run in; without one they run past permissions. */
  session?: Record<string, unknown>;
  history: History;
  queries: Query[];
  /** Whether small collections are read by index too. */
  indexed: boolean;
  /** Whether an index is built when it is asked for the first time. */
  indexedAtOnce: boolean;
}

const usual = { ...plannerLimits, ...indexLimits };

/** How the database finds rows in this case, for all that is asked from now on. */
export function setWaysToRead({ indexed, indexedAtOnce }: Pick<Case, 'indexed' | 'indexedAtOnce'>): void {
  plannerLimits.smallCollection = indexed ? -1 : usual.smallCollection;
  indexLimits.rowsWithoutIndex = indexedAtOnce ? -1 : usual.rowsWithoutIndex;
}

export function restoreWaysToRead(): void {
  setWaysToRead({ indexed: false, indexedAtOnce: false });
}

export function randomCase(seed: number, { restricted }: { restricted?: boolean } = {}): Case {
  const random = new Random(seed);
  const isRestricted = restricted ?? random.chance(0.3);
  const schemaless = !isRestricted && random.chance(0.25);
  const schema = randomSchema(random, { restricted: isRestricted, schemaless });
  return {
    schema,
    ...(isRestricted && { session: randomSession(random) }),
    history: randomHistory(random, schema),
    queries: random.list(1, 3, () => randomQuery(random, schema)),
    indexed: random.chance(0.6),
    indexedAtOnce: random.chance(0.5),
  };
}

function randomSession(random: Random): Record<string, unknown> {
  return {
    sub: random.pick(IDS),
    ids: random.some(IDS, 0, 3).sort(),
    ...(random.chance(0.5) && { team: random.pick(IDS), level: random.pick(['high', 'low']) }),
  };
}
