/**
 * The two checks of a staged commit: every row fits the schema, and the session may do every write. Both look at the
 * state after the whole commit, so the order of writes inside it does not matter.
 */
import { DBSerializationError, InvalidCollectionNameError, WritePermissionError } from '../base/errors.ts';
import type { Row } from '../changes/types.ts';
import type { Engine } from '../engine/engine.ts';
import type { Plan } from '../engine/plan.ts';
import { writePermissionFilter } from '../permissions/write-permission.ts';
import type { Session } from '../permissions/session.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { compilePath } from '../query/evaluate.ts';
import type { VariableScopes } from '../query/variables.ts';
import { validateEncoded } from '../schema/type.ts';
import type { DBSchema } from '../schema/types.ts';
import type { StagedCommit, StagedWrite } from './stage-changes.ts';

export const METADATA_COLLECTION = '_metadata';

/** Throws when a staged row does not fit the schema, or its collection is not in it. */
export function checkAgainstSchema(writes: readonly StagedWrite[], schema: DBSchema | undefined): void {
  if (schema === undefined) return;
  for (const write of writes) {
    if (write.collection === METADATA_COLLECTION) continue;
    const type = Object.hasOwn(schema.collections, write.collection)
      ? schema.collections[write.collection]!.schema
      : undefined;
    if (type === undefined) {
      throw new InvalidCollectionNameError(
        write.collection,
        `Collection '${write.collection}' does not exist in the schema`,
      );
    }
    if (write.operation === 'delete') continue;
    const encoded = write.operation === 'insert' ? write.next : write.change;
    const result = validateEncoded(type, encoded, { partial: write.operation === 'update' });
    if (!result.valid) throw atEntity(write, new DBSerializationError('record', encoded, result.error));
  }
}

/** Names the entity at fault beside the error's text, for programs that have to find it. */
function atEntity<E extends Error>({ collection, id }: Pick<StagedWrite, 'collection' | 'id'>, error: E): E {
  return Object.assign(error, { collection, entityId: id });
}

type WriteOperation = 'insert' | 'update' | 'postUpdate' | 'delete';

/** Checks write permissions of one session. Plans are compiled once per collection and operation. */
export class WritePermissions {
  readonly #schema: DBSchema;
  readonly #session: Session | undefined;
  readonly #variables: VariableScopes;
  readonly #engine: Engine;
  readonly #plans: Readonly<Record<WriteOperation, Map<string, Plan | undefined>>> = {
    insert: new Map(),
    update: new Map(),
    postUpdate: new Map(),
    delete: new Map(),
  };

  constructor(schema: DBSchema, session: Session | undefined, variables: VariableScopes, engine: Engine) {
    this.#schema = schema;
    this.#session = session;
    this.#variables = variables;
    this.#engine = engine;
  }

  /** Throws when a write is not permitted. `source` has the state before the commit. */
  check(staged: StagedCommit, source: EntitySource): void {
    for (const write of staged.writes) {
      switch (write.operation) {
        case 'insert':
          this.#require('insert', write, write.next, staged, source);
          break;
        case 'update':
          this.#require('update', write, write.prev, staged, source);
          this.#require('postUpdate', write, write.next, staged, source);
          break;
        case 'delete':
          this.#require('delete', write, write.prev, staged, source);
          break;
      }
    }
  }

  #require(
    operation: WriteOperation,
    { collection, id, prev }: StagedWrite,
    row: Row,
    staged: StagedCommit,
    source: EntitySource,
  ): void {
    const plan = this.#plan(operation, collection);
    if (plan === undefined) return;
    const parameters = plan.parameters.map((name) =>
      prev === undefined ? undefined : compilePath(name.slice('prev.'.length))(prev),
    );
    if (this.#engine.satisfies(plan, row, parameters, staged.stateAfter(source))) return;
    const roles = (this.#session?.roles ?? []).map((role) => role.key);
    throw atEntity({ collection, id }, new WritePermissionError(collection, id, operation, roles));
  }

  #plan(operation: WriteOperation, collection: string): Plan | undefined {
    const plans = this.#plans[operation];
    const known = plans.get(collection);
    if (known !== undefined || plans.has(collection)) return known;
    const filters = writePermissionFilter(this.#schema, this.#session, collection, operation, this.#variables);
    const plan =
      filters === undefined ? undefined : this.#engine.compile({ collectionName: collection, where: filters });
    plans.set(collection, plan);
    return plan;
  }
}
