/**
 * Judges a schema, which may be any value from outside. The first fault found is described from the outside in; the
 * wording is part of the interface.
 */
import { cloneJson } from '../values/clone-json.ts';
import { isRecordValue } from './type-predicates.ts';
import type { NameKind } from './validate-type.ts';
import { diagnoseCharacters, diagnoseType, firstFault, within } from './validate-type.ts';

/** Undefined when the schema is valid. */
export function validateSchema(schema: unknown): string | undefined {
  if (schema == null) return 'schema is not defined';
  if (!isRecordValue(schema)) return 'schema is not an object';
  return (
    within('schema roles definition is invalid', diagnoseRoles(schema['roles'])) ??
    within('schema collections definition is invalid', diagnoseCollections(schema['collections'])) ??
    within('schema is not JSON', diagnoseJson(schema))
  );
}

/** What nobody judged yet (queries, filters, role patterns) must at least be something that can be stored and sent. */
function diagnoseJson(schema: unknown): string | undefined {
  try {
    cloneJson(schema);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function diagnoseName(kind: NameKind, name: string): string | undefined {
  if (name === '') return `${kind} name is empty`;
  if (name.startsWith('_')) return `${kind} name cannot start with an underscore`;
  if (/^\d/.test(name)) return `${kind} name cannot start with a numeric character`;
  return diagnoseCharacters(kind, name);
}

function diagnoseRoles(roles: unknown): string | undefined {
  if (roles == null) return undefined;
  if (!isRecordValue(roles)) return 'roles is not an object';
  return firstFault(roles, (key, role) =>
    within(`role "${key}" is invalid`, diagnoseName('role', key) ?? diagnoseRole(role)),
  );
}
function diagnoseRole(role: unknown): string | undefined {
  if (role == null) return 'role is not defined';
  if (!isRecordValue(role)) return 'role is not an object';
  if (role['match'] == null) return 'matcher is not defined';
  return isRecordValue(role['match']) ? undefined : 'matcher is not an object';
}

function diagnoseCollections(collections: unknown): string | undefined {
  if (collections == null) return 'collections is not defined';
  if (!isRecordValue(collections)) return 'collections is not an object';
  return firstFault(
    collections,
    (key, collection) =>
      within(`"${key}" is not a valid collection name`, diagnoseName('collection', key)) ??
      within(`"${key}" is not a valid collection`, diagnoseCollection(collection)),
  );
}
function diagnoseCollection(collection: unknown): string | undefined {
  if (collection == null) return 'collection is not defined';
  if (!isRecordValue(collection)) return 'collection is not an object';
  const { schema, relationships, permissions } = collection;
  return (
    within('collection schema is invalid', diagnoseModel(schema)) ??
    within('collection relationships is invalid', diagnoseRelationships(relationships, schema)) ??
    within('collection permissions is invalid', diagnosePermissions(permissions))
  );
}

function diagnoseModel(schema: unknown): string | undefined {
  if (schema == null) return 'schema is not defined';
  if (!isRecordValue(schema)) return 'schema is not an object';
  if (schema['type'] !== 'record') return 'not a record type';
  const fault = diagnoseType(schema);
  if (fault !== undefined) return fault;
  const properties = propertiesOf(schema);
  if (!Object.hasOwn(properties, 'id')) return 'primary key field "id" is not defined';
  const isString = (properties['id'] as { type: unknown }).type === 'string';
  return isString ? undefined : 'primary key field "id" is invalid: not a string type';
}

function diagnoseRelationships(relationships: unknown, schema: unknown): string | undefined {
  if (relationships === undefined) return undefined;
  if (!isRecordValue(relationships)) return 'relationships is not an object';
  const properties = propertiesOf(schema as Readonly<Record<string, unknown>>);
  return firstFault(relationships, (key, relationship) =>
    within(
      `relationship "${key}" is invalid`,
      diagnoseName('relationship', key) ??
        (Object.hasOwn(properties, key) ? 'relationship name matches a property name' : undefined) ??
        diagnoseRelationship(relationship),
    ),
  );
}
function diagnoseRelationship(relationship: unknown): string | undefined {
  if (relationship == null) return 'relationship is not defined';
  if (!isRecordValue(relationship)) return 'relationship is not an object';
  const { cardinality, query } = relationship;
  if (cardinality == null) return 'cardinality is not defined';
  if (cardinality !== 'one' && cardinality !== 'many') return 'cardinality is invalid';
  if (query == null) return 'query is not defined';
  return isRecordValue(query) ? undefined : 'query is not an object';
}

const OPERATIONS = ['read', 'insert', 'update', 'postUpdate', 'delete'] as const;

function diagnosePermissions(permissions: unknown): string | undefined {
  if (permissions === undefined) return undefined;
  if (!isRecordValue(permissions)) return 'permissions is not an object';
  return firstFault(permissions, (role, operations) =>
    within(`permissions for role "${role}" is invalid`, diagnoseOperations(operations)),
  );
}
function diagnoseOperations(operations: unknown): string | undefined {
  if (!isRecordValue(operations)) return 'not an object';
  for (const operation of OPERATIONS) {
    const permission = operations[operation];
    if (permission === undefined || isRecordValue(permission)) continue;
    const name = operation === 'read' ? '"read"' : operation;
    return `${name} permission is invalid: permission is not an object`;
  }
  return undefined;
}

function propertiesOf(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return schema['properties'] as Readonly<Record<string, unknown>>;
}
