/**
 * Which edits of a schema could break stored data or older clients, whether they do, and what would help. Relations,
 * permissions and roles never count.
 */
import type { CollectionQuery, Filter } from '../ast/query.ts';
import type {
  BackwardsIncompatibleEdit,
  CollectionAttributeDiff,
  DataConstraint,
  Diff,
  PossibleDataViolation,
} from './schema-change.ts';
import { isOptional } from './type-predicates.ts';

type Finding = Omit<BackwardsIncompatibleEdit, 'context'>;

/** At most one per edit, in the order of the diff. */
export function getBackwardsIncompatibleEdits(diff: readonly Diff[]): BackwardsIncompatibleEdit[] {
  const edits: BackwardsIncompatibleEdit[] = [];
  for (const context of diff) {
    if (context._diff !== 'collectionAttribute') continue;
    const finding = findIssue(context);
    if (finding !== undefined) edits.push({ ...finding, context });
  }
  return edits;
}

/** Asks the data, under the schema that is in force, whether each incompatible edit would break any of it. */
export async function getSchemaDiffIssues(
  fetch: (query: CollectionQuery) => Promise<readonly unknown[]>,
  diff: readonly Diff[],
): Promise<PossibleDataViolation[]> {
  const issues: PossibleDataViolation[] = [];
  for (const edit of getBackwardsIncompatibleEdits(diff)) {
    const offenders = await fetch(probeFor(edit));
    issues.push({ ...edit, violatesExistingData: offenders.length > 0, cure: cureOf(edit) });
  }
  return issues;
}

function findIssue(edit: CollectionAttributeDiff): Finding | undefined {
  switch (edit.type) {
    case 'delete':
      return isOptional(edit.dataType) ? removedOptional : removedRequired;
    case 'insert':
      return edit.isNewCollection || isOptional(edit.dataType) ? undefined : addedRequired;
    case 'update': {
      const { type, items, config } = edit.changes;
      if (config.optional === false) return optionalToRequired;
      if (type !== undefined) return changedType;
      if (items !== undefined) return changedItems;
      if (config.nullable === false) return nullableToRequired;
      return config.enum === undefined ? undefined : narrowedEnum;
    }
  }
}

const noCure = () => null;
const makeOptional: Finding['attributeCure'] = (collection, path) =>
  `make '${path.join('.')}' of '${collection}' optional`;
const revertAndAdd: Finding['attributeCure'] = (collection, path) =>
  `revert the change of '${path.join('.')}' in '${collection}' and add a new optional attribute instead`;

const removedOptional: Finding = {
  issue: 'removed an optional attribute',
  dataConstraint: 'attribute_is_empty',
  attributeCure: noCure,
};
const removedRequired: Finding = {
  issue: 'removed a required attribute',
  dataConstraint: 'collection_is_empty',
  attributeCure: makeOptional,
};
const optionalToRequired: Finding = {
  issue: 'changed an attribute from optional to required',
  dataConstraint: 'attribute_has_no_undefined',
  attributeCure: noCure,
};
const changedType: Finding = {
  issue: 'changed the type of an attribute',
  dataConstraint: 'attribute_is_empty',
  attributeCure: revertAndAdd,
};
const changedItems: Finding = {
  issue: "changed the type of a set's items",
  dataConstraint: 'attribute_is_empty',
  attributeCure: revertAndAdd,
};
const addedRequired: Finding = {
  issue: 'added an attribute where optional is not set',
  dataConstraint: 'collection_is_empty',
  attributeCure: makeOptional,
};
const nullableToRequired: Finding = {
  issue: 'changed an attribute from nullable to non-nullable',
  dataConstraint: 'attribute_has_no_null',
  attributeCure: noCure,
};
const narrowedEnum: Finding = {
  issue: 'added or narrowed an enum',
  dataConstraint: 'attribute_satisfies_enum',
  attributeCure: (collection, path) =>
    `revert the enum of '${path.join('.')}' in '${collection}' to the options that it had`,
};

/** Finds an entity that violates the constraint. */
function probeFor({ dataConstraint, context }: BackwardsIncompatibleEdit): CollectionQuery {
  return { collectionName: context.collection, select: ['id'], where: offending(dataConstraint, context), limit: 1 };
}
function offending(constraint: DataConstraint, context: CollectionAttributeDiff): Filter[] {
  const path = context.attribute.join('.');
  switch (constraint) {
    case 'collection_is_empty':
      return [];
    case 'attribute_is_empty':
      return [[path, 'isDefined', true]];
    case 'attribute_has_no_undefined':
    case 'attribute_has_no_null':
      return [[path, 'isDefined', false]];
    case 'attribute_satisfies_enum':
      return [
        [path, 'isDefined', true],
        [path, 'nin', enumOf(context)],
      ];
  }
}

function cureOf(edit: BackwardsIncompatibleEdit): string {
  const { collection, attribute } = edit.context;
  const attributeCure = edit.attributeCure(collection, attribute, enumOf(edit.context));
  const dataCure = dataCureOf(edit);
  return attributeCure === null ? dataCure : `${attributeCure} or ${dataCure}`;
}
function dataCureOf({ dataConstraint, context }: BackwardsIncompatibleEdit): string {
  const name = `'${context.attribute.join('.')}'`;
  const everywhere = `all entities in '${context.collection}'`;
  switch (dataConstraint) {
    case 'collection_is_empty':
      return `delete ${everywhere}`;
    case 'attribute_is_empty':
      return `set ${name} to null in ${everywhere}`;
    case 'attribute_has_no_undefined':
      return `give ${name} a value in ${everywhere}`;
    case 'attribute_has_no_null':
      return `give ${name} a value that is not null in ${everywhere}`;
    case 'attribute_satisfies_enum':
      return `set ${name} to one of ${enumOf(context).join(', ')} in ${everywhere}`;
  }
}

function enumOf(context: CollectionAttributeDiff): readonly string[] {
  return (context.type === 'update' && context.changes.config.enum) || [];
}
