/** Puts a schema change and its refusal into words: collection, attribute, what is wrong, what would help. */
import type { Diff, SchemaChange } from '@triplit/db';

/** One line per edit, such as `+ todos.done` or `~ roles`. */
export function describeDiff(diff: readonly Diff[]): string[] {
  return diff.map((edit) => {
    switch (edit._diff) {
      case 'collectionAttribute': {
        const symbol = { insert: '+', delete: '-', update: '~' }[edit.type];
        return `${symbol} ${edit.collection}.${edit.attribute.join('.')}`;
      }
      case 'collectionRelationships':
        return `~ relationships of ${edit.collection}`;
      case 'collectionPermissions':
        return `~ permissions of ${edit.collection}`;
      default:
        return '~ roles';
    }
  });
}

/**
 * Why a change was refused. Lists the issues that caused the refusal: those that existing data violates, or all of
 * them where any incompatible edit is refused.
 */
export function describeRefusal(change: SchemaChange): string {
  const issues = change.issues ?? [];
  const causes =
    change.code === 'EXISTING_DATA_MISMATCH' ? issues.filter((issue) => issue.violatesExistingData) : issues;
  const details = causes.map(
    (issue) =>
      `  ${issue.context.collection}.${issue.context.attribute.join('.')}: ${issue.issue}\n    fix: ${issue.cure || 'revert this edit'}`,
  );
  return [change.message, ...details].join('\n');
}
