import { createRequire } from 'node:module';
import { bundleSuite } from './harness/bundle.ts';
import { reportResults } from './harness/report.ts';
import type { TestResult } from './harness/test-api.ts';

interface Miniflare {
  dispatchFetch(url: string): Promise<{ json(): Promise<unknown> }>;
  dispose(): Promise<void>;
}
const { Miniflare } = createRequire(import.meta.url)('miniflare') as { Miniflare: new (options: object) => Miniflare };

const worker = new Miniflare({
  modules: true,
  script: await bundleSuite('durable-object', { external: ['cloudflare:workers'], platform: 'browser' }),
  compatibilityDate: '2025-09-01',
  durableObjects: { SUITES: { className: 'Suites', useSQLite: true } },
});
const results = (await (await worker.dispatchFetch('http://localhost/')).json()) as TestResult[];
await worker.dispose();

reportResults('Durable Object SQL in workerd', results);
