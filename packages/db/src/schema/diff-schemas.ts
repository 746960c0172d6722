/** Compares two schemas. The result is empty exactly when replacing one by the other would change nothing. */
import { equalValue } from '../values/equal-values.ts';
import type { DataType, RecordType, StringConfig } from './data-type.ts';
import { equal } from './equal-types.ts';
import { collectionAt } from './paths.ts';
import type { AttributeChanges, Diff } from './schema-change.ts';
import { propertyOf } from './type-predicates.ts';
import type { Collection, DBSchema } from './types.ts';

/** What leads from `a` to `b`: collections and attributes in the order of `a`, then what only `b` has. */
export function diffSchemas(a: DBSchema, b: DBSchema): Diff[] {
  const diffs: Diff[] = [];
  for (const collection of union(Object.keys(a.collections), Object.keys(b.collections))) {
    diffCollections(
      diffs,
      collection,
      collectionAt(a.collections, collection),
      collectionAt(b.collections, collection),
    );
  }
  if (!sameJson(a.roles, b.roles)) diffs.push({ _diff: 'roles' });
  return diffs;
}

function diffCollections(
  diffs: Diff[],
  collection: string,
  a: Collection | undefined,
  b: Collection | undefined,
): void {
  diffRecords(diffs, { collection, isNewCollection: a === undefined }, [], a?.schema, b?.schema);
  if (!sameJson(a?.relationships ?? {}, b?.relationships ?? {}))
    diffs.push({ _diff: 'collectionRelationships', collection });
  if (!sameJson(a?.permissions, b?.permissions)) diffs.push({ _diff: 'collectionPermissions', collection });
}

interface Place {
  readonly collection: string;
  readonly isNewCollection: boolean;
}

function diffRecords(
  diffs: Diff[],
  place: Place,
  path: readonly string[],
  a: RecordType | undefined,
  b: RecordType | undefined,
): void {
  for (const name of union(Object.keys(a?.properties ?? {}), Object.keys(b?.properties ?? {}))) {
    diffAttributes(diffs, place, [...path, name], a && propertyOf(a, name), b && propertyOf(b, name));
  }
}

function diffAttributes(
  diffs: Diff[],
  place: Place,
  attribute: readonly string[],
  a: DataType | undefined,
  b: DataType | undefined,
): void {
  const common = { _diff: 'collectionAttribute', collection: place.collection, attribute } as const;
  if (a === undefined) {
    if (b !== undefined) diffs.push({ ...common, type: 'insert', dataType: b, isNewCollection: place.isNewCollection });
  } else if (b === undefined) {
    diffs.push({ ...common, type: 'delete', dataType: a });
  } else if (a.type === 'record' && b.type === 'record') {
    diffRecords(diffs, place, attribute, a, b);
  } else if (!equal(a, b)) {
    diffs.push({ ...common, type: 'update', changes: changesBetween(a, b) });
  }
}

function changesBetween(a: DataType, b: DataType): AttributeChanges {
  const from: StringConfig = a.config ?? {};
  const to: StringConfig = b.config ?? {};
  const hasNewItems = a.type === 'set' && b.type === 'set' && a.items.type !== b.items.type;
  return {
    ...(a.type !== b.type && { type: b.type }),
    ...(hasNewItems && { items: { type: b.items.type } }),
    config: {
      ...(Boolean(from.nullable) !== Boolean(to.nullable) && { nullable: Boolean(to.nullable) }),
      ...(Boolean(from.optional) !== Boolean(to.optional) && { optional: Boolean(to.optional) }),
      ...(from.default !== to.default && { default: to.default }),
      ...(isNarrower(from.enum, to.enum) && { enum: to.enum }),
    },
  };
}

/** Whether some string was allowed and no longer is. */
function isNarrower(from: readonly string[] | undefined, to: readonly string[] | undefined): boolean {
  if (to === undefined) return false;
  return from === undefined || from.some((option) => !to.includes(option));
}

function union(a: readonly string[], b: readonly string[]): Set<string> {
  return new Set([...a, ...b]);
}

/** Whatever the order of keys, and the same for a built schema and one that went through JSON. */
const sameJson = (a: unknown, b: unknown): boolean => equalValue(toJson(a), toJson(b));

const toJson = (value: unknown): unknown => (value === undefined ? value : JSON.parse(JSON.stringify(value)));
