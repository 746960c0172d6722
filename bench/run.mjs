/**
 * `npm run bench`: all groups, or those named; `--only a,b` picks workloads whose names contain a text, `--rows n` sets
 * the size of the database, `--ours-only` leaves the others out, for tuning. `npm run bench -- --help` lists the groups.
 */
import { parseArgs } from 'node:util';
import { clientAgainstTriplit } from './client/against-triplit.mjs';
import { againstTanStack } from './database/against-tanstack.mjs';
import { againstTriplit } from './database/against-triplit.mjs';
import { flatness } from './database/flatness.mjs';
import { indexedDb } from './database/indexed-db.mjs';
import { lmdb } from './database/lmdb.mjs';
import { memoryUse } from './database/memory-use.mjs';
import { serverAgainstTriplit } from './server/against-triplit.mjs';

const groups = {
  database: (options) => againstTriplit({ count: 20_000, ...options }),
  'database-large': (options) => againstTriplit({ count: 100_000, ...options }),
  tanstack: () => againstTanStack({ counts: [10_000, 100_000] }),
  flatness,
  lmdb,
  'indexed-db': indexedDb,
  memory: memoryUse,
  server: serverAgainstTriplit,
  client: clientAgainstTriplit,
};

function commandLine() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        only: { type: 'string' },
        rows: { type: 'string' },
        'ours-only': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    const unknown = positionals.filter((name) => !Object.hasOwn(groups, name));
    if (unknown.length === 0) return { values, positionals };
    return { problem: `There is no group of workloads called ${unknown.join(', ')}.` };
  } catch (error) {
    return { problem: error.message };
  }
}

const { values, positionals, problem } = commandLine();
if (problem !== undefined || values.help) {
  if (problem !== undefined) console.error(problem);
  console.log(`npm run bench -- [${Object.keys(groups).join('] [')}] [--only texts] [--rows n] [--ours-only]`);
  process.exit(problem === undefined ? 0 : 1);
}
const options = { only: values.only?.split(','), oursOnly: values['ours-only'] === true };
if (values.rows !== undefined) options.count = Number(values.rows);
const started = performance.now();
for (const name of positionals.length > 0 ? positionals : Object.keys(groups)) await groups[name](options);
console.log(`\nTook ${((performance.now() - started) / 1000).toFixed(0)} s.`);
