/**
 * Runs a law on many random cases. The seed of a run is always printed; a failing case is made small and reported with
 * the command that replays it alone.
 */
import { onTestFinished } from 'vitest';
import { restoreWaysToRead } from './case.ts';
import { Random } from './random.ts';
import { show } from './judge.ts';
import { shrunk } from './shrink.ts';

/**
 * `ORACLE_SEED` replays a run; `ORACLE_RUNS` multiplies what `share` each law has of it; `ORACLE_SHRINK=no` reports a
 * failing case as it is.
 */
const givenSeed = process.env['ORACLE_SEED'];
const isShrinking = process.env['ORACLE_SHRINK'] !== 'no';
const runs = Number(process.env['ORACLE_RUNS'] ?? 1000);

/** Long runs are wanted runs: what bounds them is the number of cases. */
export const timeout = 24 * 3_600_000;

/** The number of cases of a law that gets this share of all. */
export const casesOf = (share: number): number => Math.max(1, Math.round(runs * share));

export async function runCases<T>(
  law: string,
  count: number,
  make: (seed: number) => T,
  check: (made: T) => Promise<void>,
): Promise<void> {
  const runSeed = givenSeed === undefined ? Math.floor(Math.random() * 0xffff_ffff) : Number(givenSeed);
  process.stdout.write(`oracle: ${law}: ${count} cases, ORACLE_SEED=${runSeed}\n`);
  // Other tests of this process want it as it usually is.
  onTestFinished(restoreWaysToRead);
  const seeds = new Random(runSeed);
  for (let index = 0; index < count; index++) {
    // The first case of a run has the seed of the run, so that a single case replays as a run of one.
    const seed = index === 0 ? runSeed : seeds.seed();
    const made = make(seed);
    const failure = await failureOf(check, made);
    if (failure === undefined) continue;
    const small =
      !('law' in failure) || !isShrinking
        ? made
        : await shrunk(made, async (candidate) => {
            const other = await failureOf(check, candidate);
            return other !== undefined && kindOf(other) === kindOf(failure);
          });
    const last = (await failureOf(check, small)) ?? failure;
    throw new Error(
      `${law}: case ${index + 1} of ${count} fails. Replay it with ORACLE_SEED=${seed} ORACLE_RUNS=1.\n${last.stack ?? last.message}\ncase: ${show(small)}`,
    );
  }
}

async function failureOf<T>(check: (made: T) => Promise<void>, made: T): Promise<Error | undefined> {
  try {
    await check(made);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** Failures are the same when they break the same law; other errors when they read the same but for values. */
function kindOf(error: Error): string {
  return 'law' in error ? String(error.law) : `${error.name} ${error.message.slice(0, 60)}`;
}
