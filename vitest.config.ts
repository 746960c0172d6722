import { defineConfig } from 'vitest/config';

const sourceConditions = ['@triplit/source'];

export default defineConfig({
  resolve: { conditions: sourceConditions },
  ssr: { resolve: { conditions: sourceConditions, externalConditions: sourceConditions } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.{ts,tsx}', 'tools/*/src/**/*.test.ts', 'tests/{architecture,oracle,scenarios,support}/**/*.test.ts'],
        },
      },
    ],
  },
});
