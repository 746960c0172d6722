/** TanStack DB's own workload: a sorted live query of 5,000 rows over a larger collection, hydrated and updated. */
import { measure, median } from '../measure.mjs';
import { COMPARISON_HEAD, comparison, printTable } from '../table.mjs';

const RESULT_ROWS = 5000;
const HYDRATIONS = 3;

export async function againstTanStack({ counts }) {
  const rows = [COMPARISON_HEAD];
  for (const count of counts) {
    const buckets = count / RESULT_ROWS;
    const data = Array.from({ length: count }, (_, index) => ({
      id: `row-${String(index).padStart(7, '0')}`,
      text: `Row ${index}`,
      bucket: index % buckets,
      rank: (index * 7919) % count,
    }));
    const ours = await measureOurs(data, count, buckets);
    const theirs = await measureTheirs(data, count, buckets);
    const size = count.toLocaleString('en');
    rows.push(
      comparison(`hydrate 5,000 of ${size}`, {
        target: 5,
        ours: ours.hydrate,
        theirs: theirs.hydrate,
        first: ours.first,
      }),
    );
    rows.push(comparison(`update one of 5,000 of ${size}`, { target: 3, ours: ours.update, theirs: theirs.update }));
  }
  printTable('Database against @tanstack/db 0.15, sorted live query of 5,000 rows', rows);
}

async function measureOurs(data, count, buckets) {
  const { DB, Schema: S } = await import('../../packages/db/dist/index.js');
  const schema = {
    collections: S.Collections({
      rows: { schema: S.Schema({ id: S.Id(), text: S.String(), bucket: S.Number(), rank: S.Number() }) },
    }),
  };
  const db = new DB({ schema });
  await db.transact(async (tx) => {
    for (const row of data) await tx.insert('rows', row);
  });
  const query = db.query('rows').Where('bucket', '=', 0).Order('rank', 'ASC');
  const hydrations = [];
  let close;
  for (let round = 0; round <= HYDRATIONS; round++) {
    close?.();
    const start = performance.now();
    close = db.subscribe(query, () => undefined);
    await db.updateQueryViews();
    db.broadcastToQuerySubscribers();
    hydrations.push((performance.now() - start) * 1000);
  }
  const { steady } = await measure(async (step) => {
    await db.update('rows', data[((step * 7) % RESULT_ROWS) * buckets].id, { rank: (step * 104_729) % count });
    await db.updateQueryViews();
    db.broadcastToQuerySubscribers();
  });
  close();
  return { first: hydrations[0], hydrate: median(hydrations.slice(1)), update: steady };
}

async function measureTheirs(data, count, buckets) {
  const { createCollection, createLiveQueryCollection, eq, localOnlyCollectionOptions } = await import('@tanstack/db');
  const collection = createCollection(
    localOnlyCollectionOptions({ id: `rows-${count}`, getKey: (row) => row.id, initialData: data }),
  );
  await collection.preload();
  const open = () =>
    createLiveQueryCollection({
      query: (q) =>
        q
          .from({ row: collection })
          .where(({ row }) => eq(row.bucket, 0))
          .orderBy(({ row }) => row.rank, 'asc'),
    });
  const hydrations = [];
  let live;
  for (let round = 0; round < HYDRATIONS; round++) {
    await live?.cleanup();
    const start = performance.now();
    live = open();
    await live.preload();
    if (live.toArray.length !== RESULT_ROWS)
      throw new Error(`Expected ${RESULT_ROWS} rows, got ${live.toArray.length}.`);
    hydrations.push((performance.now() - start) * 1000);
  }
  let delivered = 0;
  const subscription = live.subscribeChanges(() => void delivered++);
  const { steady, runs } = await measure(async (step) => {
    const transaction = collection.update(data[((step * 7) % RESULT_ROWS) * buckets].id, (draft) => {
      draft.rank = (step * 104_729) % count;
    });
    await transaction.isPersisted.promise;
  });
  if (delivered < runs / 2) throw new Error(`Only ${delivered} of ${runs} updates were delivered.`);
  subscription.unsubscribe();
  await live.cleanup();
  return { hydrate: median(hydrations), update: steady };
}
