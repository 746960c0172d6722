import { describe, expect, it } from 'vitest';
import * as errors from './errors.ts';

const { TriplitError, DBSerializationError, EntityNotFoundError, InvalidFilterError } = errors;

describe('TriplitError', () => {
  it('says what happened, and where when a context is given', () => {
    expect(new TriplitError().message).toBe('Triplit Error');
    expect(new TriplitError('while testing').message).toBe('Triplit Error | Context: while testing');
    expect(new TriplitError('there', 'It broke').message).toBe('It broke | Context: there');
  });

  it('computes the message from its parts at all times', () => {
    const error = new TriplitError();
    error.contextMessage = 'added later';
    expect(error.message).toBe('Triplit Error | Context: added later');
  });

  it('is an Error whose stack trace is headed by name and message', () => {
    const error = new InvalidFilterError('no such path');
    expect(error).toBeInstanceOf(Error);
    expect(error.stack).toContain(
      'InvalidFilterError: Your query passed a filter that is invalid. | Context: no such path',
    );
    expect(error.__isTriplitError).toBe(true);
  });

  it('survives JSON as a plain TriplitError with the same name, status and text', () => {
    const error = new EntityNotFoundError('7', 'todos', 'in update');
    expect(error.toJSON()).toEqual({
      name: 'EntityNotFoundError',
      message: 'Could not find entity with id 7 in collection todos. | Context: in update',
      baseMessage: 'Could not find entity with id 7 in collection todos.',
      status: 404,
      contextMessage: 'in update',
    });
    expect(error.toString()).toBe(JSON.stringify(error));
    const restored = TriplitError.fromJson(JSON.parse(error.toString()));
    expect(restored.toJSON()).toEqual(error.toJSON());
    expect(Object.getPrototypeOf(restored)).toBe(TriplitError.prototype);
  });
});

describe('error classes', () => {
  it('carry the name that they are exported by', () => {
    for (const [exportName, value] of Object.entries(errors)) {
      if (!exportName.endsWith('Error')) continue;
      const ErrorClass = value as unknown as new (...args: unknown[]) => errors.TriplitError;
      const error = new ErrorClass('a', 'b', 'c', ['d']);
      expect(error).toBeInstanceOf(TriplitError);
      expect(error).toBeInstanceOf(ErrorClass);
      expect(error.name).toBe(exportName);
      expect(ErrorClass.name).toBe(exportName);
    }
  });

  // As they arrive at clients, over HTTP too.
  it.each([
    [
      400,
      `InvalidCollectionNameError InvalidInsertDocumentError InvalidOperationError DBSerializationError
      DBDeserializationError JSONSerializationError JSONDeserializationError UnrecognizedAttributeTypeError
      InvalidFilterError InvalidQueryWhereError InvalidQueryLimitError InvalidQueryAfterError InvalidQueryInclusionError
      InvalidQueryCardinalityError InvalidOrderClauseError InvalidSelectClauseError InvalidWhereClauseError
      RelationDoesNotExistError IncludedNonRelationError QueryClauseFormattingError AfterClauseWithNoOrderError
      QueryCacheError SessionVariableNotFoundError TransactionAlreadyCommittedError TransactionAlreadyCanceledError`,
    ],
    [401, 'WritePermissionError'],
    [404, 'EntityNotFoundError'],
    [409, 'TransactionConflictError'],
    [500, 'TriplitError QueryNotPreparedError InvalidResultCardinalityError DBInitializationError'],
    [503, 'DatabaseNotReadyError'],
  ])('have the status %i: %s', (status, names) => {
    for (const name of names.trim().split(/\s+/)) {
      const ErrorClass = (errors as Record<string, unknown>)[name] as new (...args: unknown[]) => errors.TriplitError;
      expect(new ErrorClass('a', 'b', 'c', ['d']).status, name).toBe(status);
    }
  });

  it('say what happened, in the words that programs of version 1 know, and take the context last', () => {
    expect(new errors.InvalidCollectionNameError('x', 'why').message).toBe(
      'x is not a valid collection name. | Context: why',
    );
    expect(new errors.WritePermissionError('todos', '7', 'insert', ['user', 'guest']).message).toBe(
      "'insert' permission for the collection 'todos' prevented the insertion of the entity with id '7'. The provided session roles were [user, guest].",
    );
    expect(new errors.TransactionAlreadyCommittedError('why').message).toBe(
      'This transaction has already been committed. | Context: why',
    );
    expect(new errors.QueryClauseFormattingError('where', ['a'], 'why').contextMessage).toBe('why');
  });

  it('describe the value and the type that did not match', () => {
    expect(new DBSerializationError('number', '22').message).toBe(
      'There was an error serializing an input to an acceptable format. Could not transform the data: 22 as type: number',
    );
    expect(new DBSerializationError('record', { a: 1 }, 'why').message).toMatch(
      /the data: \{"a":1\} as type: record \| Context: why$/,
    );
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    expect(() => new DBSerializationError('record', circular)).not.toThrow();
  });
});
