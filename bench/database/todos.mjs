/** The data of the database workloads: lists 1 : 100 todos, the same rows for every database. */
export const TODOS_PER_LIST = 100;
/** Lists of one colour: an inclusion or a relation filter by colour concerns this many lists. */
const LISTS_PER_COLOUR = 4;
const EPOCH_MS = 1_700_000_000_000;
const ROWS_PER_TRANSACTION = 1000;

export function schemaOf({ Schema: S }) {
  return {
    collections: S.Collections({
      lists: {
        schema: S.Schema({ id: S.Id(), name: S.String(), colour: S.String() }),
        relationships: { todos: S.RelationMany('todos', { where: [['listId', '=', '$id']] }) },
      },
      todos: {
        schema: S.Schema({
          id: S.Id(),
          text: S.String(),
          done: S.Boolean(),
          listId: S.String(),
          rank: S.Number(),
          created: S.Date(),
          tags: S.Set(S.String()),
        }),
        relationships: { list: S.RelationById('lists', '$listId') },
      },
    }),
  };
}

export class Todos {
  constructor(count) {
    this.count = count;
    this.lists = count / TODOS_PER_LIST;
    this.colours = this.lists / LISTS_PER_COLOUR;
  }

  list(index) {
    return { id: this.listId(index), name: `List ${index}`, colour: this.colour(index) };
  }

  listId(index) {
    return `list-${index % this.lists}`;
  }

  colour(index) {
    return `colour-${index % this.colours}`;
  }

  /** Ranks are the numbers below `count`, scattered. */
  todo(index) {
    return {
      id: this.todoId(index),
      text: `Todo number ${index}`,
      done: index % 3 === 0,
      listId: this.listId(index),
      rank: (index * 7919) % this.count,
      created: new Date(EPOCH_MS + index * 1000),
      tags: new Set([`tag-${index % 10}`, `mark-${index % 7}`]),
    };
  }

  todoId(index) {
    return `todo-${String(index).padStart(7, '0')}`;
  }

  /** The todo that has this rank at first. */
  byRank(rank) {
    this.indexByRank ??= new Map(Array.from({ length: this.count }, (_, index) => [this.todo(index).rank, index]));
    return this.todoId(this.indexByRank.get(rank));
  }

  /** Any existing todo, another one for each step. */
  someTodo(step) {
    return this.todoId((step * 31) % this.count);
  }

  async fill(db) {
    await db.transact(async (tx) => {
      for (let index = 0; index < this.lists; index++) await tx.insert('lists', this.list(index));
    });
    await insertTodos(
      db,
      Array.from({ length: this.count }, (_, index) => this.todo(index)),
    );
  }
}

export async function insertTodos(db, rows) {
  for (let start = 0; start < rows.length; start += ROWS_PER_TRANSACTION) {
    await db.transact(async (tx) => {
      for (const row of rows.slice(start, start + ROWS_PER_TRANSACTION)) await tx.insert('todos', row);
    });
  }
}
