/** A case: a schema, a history and the queries that are judged after each of its commits. Plain data, made from a seed. */
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
  };
}

function randomSession(random: Random): Record<string, unknown> {
  return {
    sub: random.pick(IDS),
    ids: random.some(IDS, 0, 3).sort(),
    ...(random.chance(0.5) && { team: random.pick(IDS), level: random.pick(['high', 'low']) }),
  };
}
