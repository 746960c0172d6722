/** Puts the outcome of a schema change into the log. */
import type { PossibleDataViolation, SchemaChange } from './schema-change.ts';

export interface SchemaChangeLogger {
  info(message: string): void;
  error(message: string): void;
}
export interface LogSchemaChangeOptions {
  /** Default: the console. */
  readonly logger?: SchemaChangeLogger;
  /** Lists every issue, also those that no stored data violates and those of a change that was applied. */
  readonly forcePrintIssues?: boolean;
}

export function logSchemaChangeViolations(change: SchemaChange, options: LogSchemaChangeOptions = {}): void {
  const logger = options.logger ?? consoleLogger;
  if (change.successful) {
    if (change.diff.length > 0) logger.info('Schema updated.');
  } else if (change.message) {
    logger.error(`Schema update failed: ${change.message}`);
  }
  const isUnexplained = !change.successful && !change.message;
  const listed = options.forcePrintIssues
    ? change.issues
    : change.issues.filter((issue) => isUnexplained && issue.violatesExistingData);
  if (!isUnexplained && listed.length === 0) return;
  const heading = change.successful ? 'Issues of the schema update:' : 'Schema update failed:';
  logger.error([heading, ...describeIssues(listed)].join('\n'));
}

function describeIssues(issues: readonly PossibleDataViolation[]): string[] {
  const lines: string[] = [];
  for (const collection of new Set(issues.map((issue) => issue.context.collection))) {
    lines.push(`Collection '${collection}':`);
    for (const { context, issue, cure } of issues) {
      if (context.collection === collection) lines.push(`  '${context.attribute.join('.')}': ${issue}. Fix: ${cure}.`);
    }
  }
  return lines;
}

/* oxlint-disable no-console -- the documented default */
const consoleLogger: SchemaChangeLogger = {
  info: (message) => console.log(message),
  error: (message) => console.error(message),
};
