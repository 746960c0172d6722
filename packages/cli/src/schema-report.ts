/** Puts a schema change and its refusal into words: collection, attribute, what is wrong, what would help. */
import { diffSchemas } from '@triplit/db';
import type { Diff, FailedSchemaChange, PossibleDataViolation, SchemaChange } from '@triplit/db';

const SYMBOLS = { insert: '+', delete: '-', update: '~' } as const;

/** One line per edit, such as `+ todos.done` or `~ roles`. */
export function describeDiff(diff: readonly Diff[]): string[] {
  return diff.map((edit) => {
    switch (edit._diff) {
      case 'collectionAttribute':
        return `${SYMBOLS[edit.type]} ${edit.collection}.${edit.attribute.join('.')}`;
      case 'collectionRelationships':
        return `~ relationships of ${edit.collection}`;
      case 'collectionPermissions':
        return `~ permissions of ${edit.collection}`;
      case 'roles':
        return '~ roles';
    }
  });
}

/** What a change changed, in the form of `describeDiff`; a first schema adds all that is in it. */
export function describeChange({ oldSchema, newSchema, diff }: SchemaChange): string[] {
  return describeDiff(oldSchema ? diff : diffSchemas({ collections: {}, roles: newSchema.roles }, newSchema));
}

/** Two lines per issue: the attribute with what is wrong about its edit, and what would help. */
export function describeIssues(issues: readonly PossibleDataViolation[]): string[] {
  return issues.flatMap(({ context, issue, cure }) => [
    `  ${context.collection}.${context.attribute.join('.')}: ${issue}`,
    `    fix: ${cure || 'revert this edit'}`,
  ]);
}

/**
 * Why a change was refused. Lists the issues that caused the refusal: those that existing data violates, or all of
 * them where any incompatible edit is refused.
 */
export function describeRefusal({ message, code, issues }: FailedSchemaChange): string {
  const causes = code === 'EXISTING_DATA_MISMATCH' ? issues.filter((issue) => issue.violatesExistingData) : issues;
  return [message, ...describeIssues(causes)].join('\n');
}
