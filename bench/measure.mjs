/**
 * Timing of one operation, in microseconds. Samples are means over batches; the figure is the median sample, so that a
 * collection of garbage or a busy neighbour in one of them does not decide it.
 */
const SAMPLES = 15;

/**
 * Runs `operation(i)` with a counter that goes on between calls. Returns the first run apart from the steady state:
 * `{ first, steady, runs }`, both in microseconds per run. `maxRuns` is for operations that make what they work on grow.
 */
export async function measure(operation, { budgetMs = 500, maxRuns = 200_000 } = {}) {
  let runs = 0;
  const timed = async (count) => {
    const start = performance.now();
    for (let index = 0; index < count; index++) await operation(runs++);
    return (performance.now() - start) * 1000;
  };
  const first = await timed(1);
  // Until the compiler is done with what runs all the time; shows how much fits into the budget, too.
  const warmUpEnd = performance.now() + budgetMs;
  const warmUp = [];
  do warmUp.push(await timed(1));
  while (performance.now() < warmUpEnd && runs < maxRuns / 4);
  const usual = median(warmUp);
  const batch = Math.max(1, Math.min(Math.floor((budgetMs * 1000) / usual / SAMPLES), Math.floor(maxRuns / SAMPLES)));
  const samples = [];
  const end = performance.now() + budgetMs * 2;
  for (let sample = 0; sample < SAMPLES && (sample < 3 || performance.now() < end); sample++)
    samples.push((await timed(batch)) / batch);
  return { first, steady: median(samples), runs };
}

/** So that nobody pays for what another left behind. Needs `--expose-gc`, which `npm run bench` sets. */
export function collectGarbage() {
  globalThis.gc?.();
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
