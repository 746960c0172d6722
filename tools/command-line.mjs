/** Command lines of the tools: what is not understood ends the process with what was wrong and how it is called. */
import { parseArgs } from 'node:util';

/** The values of the options. `isValid` judges them; `usage` is one line. */
export function readOptions({ usage, options, isValid }) {
  let problem = '';
  try {
    const { values } = parseArgs({ options });
    if (isValid(values)) return values;
  } catch (error) {
    problem = `${error.message}\n`;
  }
  process.stderr.write(`${problem}Usage: ${usage}\n`);
  process.exit(2);
}

/** Whether an option is absent or a whole number. */
export const isCount = (text) => text === undefined || /^\d+$/.test(text);
