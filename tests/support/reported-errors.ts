/** What is reported to the platform while a test runs, since nobody is there to be thrown at. */
import { usePlatform } from '@triplit/db';
import { onTestFinished } from 'vitest';

export function reportedErrors(): unknown[] {
  const reported: unknown[] = [];
  onTestFinished(usePlatform({ reportError: (_message, error) => void reported.push(error) }));
  return reported;
}
