/**
 * Timing of operations, in microseconds. Samples are means over batches; the figure is the median sample, so that a
 * collection of garbage or a busy neighbour in one of them does not decide it.
 */
const SAMPLES = 15;

/**
 * Runs `operation(i)` with a counter that goes on between calls. Returns the first run apart from the steady state:
 * `{ first, steady, runs }`, both in microseconds per run. `maxRuns` is for operations that make what they work on grow.
 */
export async function measure(operation, options) {
  return (await measureInTurns({ operation }, options)).operation;
}

/**
 * The same for several operations by name, whose samples are taken in turns: while a neighbour is busy, all of them are slow.
 */
export async function measureInTurns(operations, { budgetMs = 500, maxRuns = 200_000 } = {}) {
  const meters = {};
  for (const [name, operation] of Object.entries(operations)) meters[name] = await warmUp(operation, budgetMs, maxRuns);
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (const meter of Object.values(meters)) {
      if (sample >= 3 && meter.spentMs > budgetMs * 2) continue;
      // What the one left behind is not for the other to clear away.
      globalThis.gc?.({ type: 'minor' });
      await meter.sample();
    }
  }
  const results = Object.entries(meters).map(([name, { first, samples, runs }]) => [
    name,
    { first, steady: median(samples), samples, runs },
  ]);
  return Object.fromEntries(results);
}

async function warmUp(operation, budgetMs, maxRuns) {
  const meter = { first: 0, samples: [], runs: 0, spentMs: 0 };
  const timed = async (count) => {
    const start = performance.now();
    for (let index = 0; index < count; index++) await operation(meter.runs++);
    return (performance.now() - start) * 1000;
  };
  meter.first = await timed(1);
  // Until the compiler is done with what runs all the time; shows how much fits into the budget, too.
  const end = performance.now() + budgetMs;
  const durations = [];
  do durations.push(await timed(1));
  while (performance.now() < end && meter.runs < maxRuns / 4);
  const fitting = Math.floor((budgetMs * 1000) / median(durations) / SAMPLES);
  const batch = Math.max(1, Math.min(fitting, Math.floor((maxRuns - meter.runs) / SAMPLES)));
  meter.sample = async () => {
    const us = await timed(batch);
    meter.spentMs += us / 1000;
    meter.samples.push(us / batch);
  };
  return meter;
}

/** The usual quotient of samples that were taken in turns. */
export function medianRatio(dividends, divisors) {
  const pairs = Math.min(dividends.length, divisors.length);
  return median(Array.from({ length: pairs }, (_, index) => dividends[index] / divisors[index]));
}

/** So that nobody pays for what another left behind. Needs `--expose-gc`, which `npm run bench` sets. */
export function collectGarbage() {
  globalThis.gc?.();
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
