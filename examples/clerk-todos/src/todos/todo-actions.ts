/**
 * Everything that changes a todo. A change shows at once and goes to the server when there is one; whether it was
 * allowed is the server's word, and a refusal is reported by `session/rejected-writes.ts`.
 */
import { client } from '../../triplit/client.ts';

export type Visibility = 'private' | 'public';

export function addTodo(ownerId: string, text: string, visibility: Visibility) {
  return client.insert('todos', { ownerId, text, visibility });
}

export function renameTodo(id: string, text: string) {
  return client.update('todos', id, { text });
}

export function setTodoDone(id: string, done: boolean) {
  return client.update('todos', id, { done });
}

export function setTodoVisibility(id: string, visibility: Visibility) {
  return client.update('todos', id, { visibility });
}

export function deleteTodo(id: string) {
  return client.delete('todos', id);
}
