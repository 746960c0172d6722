/** Numbers worth knowing from a passing test: printed past the runner's filter, and kept beside the screenshots. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../test-results/', import.meta.url));

export function report(line: string): void {
  process.stdout.write(`   ${line}\n`);
  mkdirSync(folder, { recursive: true });
  appendFileSync(`${folder}measurements.txt`, `${new Date().toISOString()} ${line}\n`);
}
