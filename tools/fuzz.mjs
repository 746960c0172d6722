/**
 * `npm run fuzz -- --runs 250000 [--seed 1]`: sends a server as many hostile frames, and as many hostile requests, as
 * wanted, each as a user and with a service token. With `--sockets` over the port of a server process, bytes that are
 * neither frames nor requests included. A failing case is made small and printed with its seed.
 */
import { runRandomTests } from './run-random-tests.mjs';

runRandomTests({
  command: 'npm run fuzz',
  folder: 'tests/fuzz',
  prefix: 'FUZZ',
  defaultRuns: 250_000,
  overNetwork: { option: 'sockets', defaultRuns: 20_000 },
});
