/**
 * Six test projects. `unit` runs on sources and needs no build; the others start real processes, browsers and other
 * runtimes, and are prepared by `npm test`, but for `other-browsers`, which has a command of its own. `quick` is the part
 * of `unit` that neither draws many random histories nor waits for real clocks and sockets, for the inner loop
 * (`npm run check`).
 */
import { defineConfig } from 'vitest/config';

const sourceConditions = ['@triplit/source'];
const processTests = '**/*.process.test.ts';
const unit = {
  include: [
    'packages/*/src/**/*.test.{ts,tsx}',
    'examples/*/src/**/*.test.{ts,tsx}',
    'tools/*/src/**/*.test.ts',
    'tests/{architecture,fuzz,oracle,scenarios,support}/**/*.test.ts',
  ],
  exclude: ['**/node_modules/**', '**/dist/**', processTests],
};
const slow = [
  'tests/{fuzz,oracle}/**',
  'tests/scenarios/{non-interference-on-the-wire,recorded-conversations,recorded-tokens}.test.ts',
  'tools/clerk-stand-in/src/stand-in-server.test.ts',
  'packages/client/src/{callbacks,client-contract,client-model,convergence,exactly-once,real-server,without-browser}.test.ts',
  'packages/client/src/observe/{pages,query-observer}.test.ts',
  'packages/client/src/session/{other-roles,refused-token,sessions}.test.ts',
  'packages/client/src/{sharing/tabs-converge,sync/exactly-once,sync/resume,transport/http-transport}.test.ts',
  'packages/db/src/database/{compact,hostile-values,malformed-schemas}.test.ts',
  'packages/db/src/storage/{expo-sqlite/expo-database,indexed-db/journal,lmdb,lmdb/lmdb-engine}.test.ts',
  'packages/db/src/storage/{memory/ordered-map,sqlite/sqlite-engine}.test.ts',
  'packages/db/src/transactions/concurrency.test.ts',
  'packages/react/src/binding-contract.test.tsx',
  'packages/server-core/src/{auth/clerk-agreement,http/admin-routes,sync/convergence,sync/reauthorize}.test.ts',
  'packages/server/src/{create-server,socket-endpoint,socket-limits}.test.ts',
];

export default defineConfig({
  resolve: { conditions: sourceConditions },
  ssr: { resolve: { conditions: sourceConditions, externalConditions: sourceConditions } },
  test: {
    // What tests log is shown for those that fail; refusals are the point of many that pass.
    silent: 'passed-only',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          ...unit,
          // Time is measured by benchmarks; tests only must end, on a busy machine as well.
          testTimeout: 30_000,
          // Most of the time of a small test file goes into loading the sources again.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'quick',
          include: unit.include,
          exclude: [...unit.exclude, ...slow],
        },
      },
      {
        extends: true,
        test: {
          name: 'process',
          include: [`{packages,tests,tools}/${processTests}`],
          exclude: ['**/node_modules/**', '**/dist/**', 'tests/browser/**', 'tests/interop/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'other-browsers',
          include: ['tests/other-browsers/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'interop',
          include: ['tests/interop/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'engines',
          include: ['tests/engines/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
