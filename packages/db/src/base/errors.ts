/**
 * Every error that the database raises on purpose: one line per class with its name, status and sentence. Each is a
 * `TriplitError`, survives JSON, and computes `message` from what happened (`baseMessage`) and where (`contextMessage`).
 */
import { describeValue, quoteValue } from './describe-value.ts';

export const STATUS_CODES = {
  Success: 200,
  'Bad Request': 400,
  Unauthorized: 401,
  'Payment Required': 402,
  Forbidden: 403,
  'Not Found': 404,
  Conflict: 409,
  'Too Many Requests': 429,
  'Internal Server Error': 500,
  'Service Unavailable': 503,
  'Gateway Timeout': 504,
} as const;

/** The JSON form of an error, as it travels over HTTP and the sync connection. */
export interface TriplitErrorJson {
  name: string;
  message: string;
  baseMessage: string;
  status: number;
  contextMessage?: string | undefined;
}

export class TriplitError extends Error {
  /** An HTTP status code. */
  status: number = STATUS_CODES['Internal Server Error'];
  baseMessage: string;
  contextMessage: string | undefined;
  /** Recognises errors of another copy of this package, where `instanceof` fails. */
  readonly __isTriplitError = true;

  constructor(contextMessage?: string, baseMessage = 'Triplit Error') {
    // The text goes to Error only so that the stack trace is headed by it; the getter below stays authoritative.
    super(joinMessage(baseMessage, contextMessage));
    delete (this as { message?: string }).message;
    this.baseMessage = baseMessage;
    this.contextMessage = contextMessage;
  }

  override get message(): string {
    return joinMessage(this.baseMessage, this.contextMessage);
  }

  toJSON(): TriplitErrorJson {
    const { name, message, baseMessage, status, contextMessage } = this;
    return { name, message, baseMessage, status, contextMessage };
  }

  override toString(): string {
    return JSON.stringify(this.toJSON());
  }

  /** Restores name, status and texts from the JSON form. The result is a plain `TriplitError`, whatever it was before. */
  static fromJson(json: Partial<TriplitErrorJson>): TriplitError {
    const error = new TriplitError(json.contextMessage, json.baseMessage ?? json.message);
    error.name = json.name ?? error.name;
    error.status = json.status ?? error.status;
    return error;
  }

  static {
    setName(this, 'TriplitError');
  }
}

export interface ErrorClass<Args extends readonly unknown[]> {
  new (...args: [...Args, contextMessage?: string]): TriplitError;
  readonly prototype: TriplitError;
  fromJson(json: Partial<TriplitErrorJson>): TriplitError;
}

/**
 * A `TriplitError` subclass that takes the arguments of its sentence first and the context message last.
 * Marked, so that bundlers leave out the classes that a program does not use.
 */
/* @__NO_SIDE_EFFECTS__ */
export function errorClass<Args extends readonly unknown[]>(
  name: string,
  status: number,
  sentence: (...args: Args) => string,
): ErrorClass<Args> {
  const contextIndex = sentence.length;
  class NamedError extends TriplitError {
    constructor(...args: [...Args, contextMessage?: string]) {
      super(args[contextIndex] as string | undefined, sentence(...(args as unknown as Args)));
      this.status = status;
    }
  }
  setName(NamedError, name);
  return NamedError;
}

// Collections, entities and writes
export class InvalidCollectionNameError extends errorClass(
  'InvalidCollectionNameError',
  400,
  (name: unknown) => `${describeValue(name)} is not a valid collection name.`,
) {}
export class InvalidInsertDocumentError extends errorClass(
  'InvalidInsertDocumentError',
  400,
  () => 'The document being inserted is invalid.',
) {}
export class InvalidOperationError extends errorClass(
  'InvalidOperationError',
  400,
  () => 'The operation is not allowed.',
) {}
export class EntityNotFoundError extends errorClass(
  'EntityNotFoundError',
  404,
  (id: string, collection: string) => `Could not find entity with id ${id} in collection ${collection}.`,
) {}
export class WritePermissionError extends errorClass(
  'WritePermissionError',
  401,
  (collection: string, id: string, operation: string, roles: readonly string[]) =>
    `'${operation}' permission for the collection '${collection}' prevented the ${writeKind(operation)} of the entity with id '${id}'. ` +
    `The provided session roles were [${roles.join(', ')}].`,
) {}

// Values
export class DBSerializationError extends errorClass(
  'DBSerializationError',
  400,
  (targetType: string, value: unknown) =>
    `There was an error serializing an input to an acceptable format. Could not transform the data: ${describeValue(value)} as type: ${targetType}`,
) {}
export class DBDeserializationError extends errorClass(
  'DBDeserializationError',
  400,
  (targetType: string, value: unknown) =>
    `There was an error reading a stored value. Could not read the data: ${describeValue(value)} as type: ${targetType}`,
) {}
export class JSONSerializationError extends errorClass(
  'JSONSerializationError',
  400,
  (value: unknown, expectedType: string) =>
    `Could not turn the data: ${describeValue(value)} of type: ${expectedType} into JSON.`,
) {}
export class JSONDeserializationError extends errorClass(
  'JSONDeserializationError',
  400,
  (value: unknown, expectedType: string) =>
    `Could not read the JSON data: ${describeValue(value)} as type: ${expectedType}.`,
) {}
export class UnrecognizedAttributeTypeError extends errorClass(
  'UnrecognizedAttributeTypeError',
  400,
  (type: unknown) =>
    `The attribute type ${describeValue(type)} is not recognized. Valid types are: string, number, boolean, date, set, json, record.`,
) {}

// Queries
export class InvalidFilterError extends errorClass(
  'InvalidFilterError',
  400,
  () => 'Your query passed a filter that is invalid.',
) {}
export class InvalidQueryWhereError extends errorClass(
  'InvalidQueryWhereError',
  400,
  (where: unknown) => `The where clause of the query is invalid: ${quoteValue(where)}`,
) {}
export class InvalidQueryLimitError extends errorClass(
  'InvalidQueryLimitError',
  400,
  (limit: unknown) => `The limit clause of the query is invalid: ${quoteValue(limit)}`,
) {}
export class InvalidQueryAfterError extends errorClass(
  'InvalidQueryAfterError',
  400,
  (after: unknown) => `The after clause of the query is invalid: ${quoteValue(after)}`,
) {}
export class InvalidQueryInclusionError extends errorClass(
  'InvalidQueryInclusionError',
  400,
  (inclusion: unknown) => `An inclusion of the query is invalid: ${quoteValue(inclusion)}`,
) {}
export class InvalidQueryCardinalityError extends errorClass(
  'InvalidQueryCardinalityError',
  400,
  (cardinality: unknown) => `The cardinality ${quoteValue(cardinality)} is invalid. A cardinality is 'one' or 'many'.`,
) {}
export class InvalidOrderClauseError extends errorClass(
  'InvalidOrderClauseError',
  400,
  () => 'The order clause of the query is invalid.',
) {}
export class InvalidSelectClauseError extends errorClass(
  'InvalidSelectClauseError',
  400,
  () => 'The select clause of the query is invalid.',
) {}
export class InvalidWhereClauseError extends errorClass(
  'InvalidWhereClauseError',
  400,
  () => 'The where clause of the query is invalid.',
) {}
export class RelationDoesNotExistError extends errorClass(
  'RelationDoesNotExistError',
  400,
  (relation: string, alias: string, collection: string) =>
    `No relation '${relation}' exists in collection '${collection}', so it cannot be included as '${alias}'.`,
) {}
export class IncludedNonRelationError extends errorClass(
  'IncludedNonRelationError',
  400,
  (relation: string, alias: string, collection: string) =>
    `'${relation}' of collection '${collection}' is an attribute, not a relation, so it cannot be included as '${alias}'.`,
) {}
export class QueryClauseFormattingError extends errorClass(
  'QueryClauseFormattingError',
  400,
  (clause: string, input: unknown) => `The ${clause} clause cannot be built from this input: ${quoteValue(input)}`,
) {}
export class AfterClauseWithNoOrderError extends errorClass(
  'AfterClauseWithNoOrderError',
  400,
  () => 'An after clause needs an order. Call Order before After.',
) {}
export class QueryNotPreparedError extends errorClass(
  'QueryNotPreparedError',
  500,
  () => 'The query was not prepared correctly.',
) {}
export class QueryCacheError extends errorClass(
  'QueryCacheError',
  400,
  () => 'A helper view of the query could not be built.',
) {}
export class InvalidResultCardinalityError extends errorClass(
  'InvalidResultCardinalityError',
  500,
  (expected: unknown, actual: unknown) =>
    `Expected a result of cardinality ${describeValue(expected)} but got ${describeValue(actual)}.`,
) {}
export class SessionVariableNotFoundError extends errorClass(
  'SessionVariableNotFoundError',
  400,
  (name: string, scope: string, vars: unknown) =>
    `Could not find the variable ${name} in scope ${scope}. Variables there: ${describeValue(vars)}`,
) {}

// Lifecycle
export class TransactionAlreadyCommittedError extends errorClass(
  'TransactionAlreadyCommittedError',
  400,
  () => 'This transaction has already been committed.',
) {}
export class TransactionAlreadyCanceledError extends errorClass(
  'TransactionAlreadyCanceledError',
  400,
  () => 'This transaction has already been canceled.',
) {}
export class TransactionConflictError extends errorClass(
  'TransactionConflictError',
  409,
  () => 'What this transaction read was changed by others before it could commit.',
) {}
export class DBInitializationError extends errorClass(
  'DBInitializationError',
  500,
  () => 'There was an error initializing the database.',
) {}
export class DatabaseNotReadyError extends errorClass(
  'DatabaseNotReadyError',
  503,
  () => 'The database is not ready.',
) {}

function joinMessage(baseMessage: string, contextMessage: string | undefined): string {
  return contextMessage ? `${baseMessage} | Context: ${contextMessage}` : baseMessage;
}

/** On the prototype, so that the name is there when Error heads the stack trace. */
function setName(errorClass: { readonly prototype: Error; readonly name: string }, name: string): void {
  Object.defineProperty(errorClass.prototype, 'name', { value: name, writable: true, configurable: true });
  Object.defineProperty(errorClass, 'name', { value: name, configurable: true });
}

function writeKind(operation: string): string {
  if (operation === 'insert') return 'insertion';
  return operation === 'delete' ? 'deletion' : 'update';
}
