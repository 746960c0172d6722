/** What the demo says while it starts: one line per step, with the time that it took. */

export function say(text) {
  process.stdout.write(`${text}\n`);
}

/** Shows the step while it runs and its duration when it is done. A failure names the step. */
export async function step(title, work) {
  const started = performance.now();
  const interactive = process.stdout.isTTY;
  process.stdout.write(interactive ? `  … ${title}` : `  … ${title}\n`);
  try {
    const result = await work();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(`${interactive ? '\r' : ''}  ✓ ${title} (${seconds} s)\n`);
    return result;
  } catch (error) {
    process.stdout.write(`${interactive ? '\r' : ''}  ✗ ${title}\n`);
    throw error;
  }
}

/** The message of a failure, with its stack only for those who ask. */
export function explain(error) {
  process.stderr.write(`\n${error.message}\n`);
  if (process.env.DEBUG) process.stderr.write(`${error.stack}\n`);
}
