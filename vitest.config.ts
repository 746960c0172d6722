/**
 * Five test projects. `unit` runs on sources and needs no build; the others start real processes, browsers and other
 * runtimes, and are prepared by `npm test`.
 */
import { defineConfig } from 'vitest/config';

const sourceConditions = ['@triplit/source'];
const processTests = '**/*.process.test.ts';

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
          include: [
            'packages/*/src/**/*.test.{ts,tsx}',
            'examples/*/src/**/*.test.{ts,tsx}',
            'tools/*/src/**/*.test.ts',
            'tests/{architecture,fuzz,oracle,scenarios,support}/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', '**/dist/**', processTests],
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
