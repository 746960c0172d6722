/**
 * Whatever is killed, cut, slowed down or refused: in the end all agree, on everything that was written. Longer and with
 * other seeds: `npm run chaos -- --seconds 300`.
 */
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { runChaos } from './run-chaos.ts';

const seconds = Number(process.env['CHAOS_SECONDS'] ?? 5);
const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
/** The client of Triplit 1.x, which `tests/interop` installs. */
const publishedLibrary = process.env['CHAOS_PUBLISHED']
  ? createRequire(new URL('../interop/', import.meta.url)).resolve('@triplit/client')
  : undefined;
const storage = process.env['CHAOS_STORAGE'] === 'sqlite' ? 'sqlite' : 'lmdb';

test(
  'nothing that was written is lost or comes twice, and all agree in the end',
  async () => {
    const { problems, writes, rows, kills } = await runChaos({
      seed,
      seconds,
      storage,
      clients: ['ann', 'bob', ...(seconds > 10 ? ['carl'] : []), ...(publishedLibrary ? ['published'] : [])],
      publishedLibrary,
    });
    process.stdout.write(`   chaos: seed ${seed}, ${storage}, ${kills} kills, ${writes} writes, ${rows} rows left\n`);
    expect(problems, `--seed ${seed} --storage ${storage}`).toEqual([]);
    expect(writes).toBeGreaterThan(0);
  },
  seconds * 1000 + 60_000,
);
