/**
 * Variables in comparison values: any string that starts with one `$`. Static scopes are known when a query is prepared;
 * relational ones (`$1.path`, counting enclosing queries outward, and `$0.path`, the row itself) per row. A text that
 * starts with `$$` is no variable but stands for itself without the first `$`, so that data never turns into a variable.
 */
import { compilePath } from './compile-path.ts';
import type { Readable } from './compile-path.ts';

/** The values of static variables, by scope. `$token` is another name of `$session`. */
export interface VariableScopes {
  readonly $global?: Readable;
  readonly $session?: Readable;
  readonly $query?: Readable;
  readonly $role?: Readable;
  readonly $prev?: Readable;
  readonly [scope: string]: Readable | undefined;
}
export type StaticScope = '$global' | '$session' | '$query' | '$role' | '$prev';
export type VariableComponents = [scope: StaticScope | number | undefined, ...path: string[]];

const staticScopes: ReadonlyMap<string, StaticScope> = new Map<string, StaticScope>([
  ['$global', '$global'],
  ['$session', '$session'],
  ['$token', '$session'],
  ['$query', '$query'],
  ['$role', '$role'],
  ['$prev', '$prev'],
]);

export function isValueVariable(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('$') && !isEscapedLiteral(value);
}

/** `'$$5.00'`, which stands for the text `'$5.00'`. */
export function isEscapedLiteral(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('$$');
}
export function escapeLiteral(value: unknown): unknown {
  return typeof value === 'string' && value.startsWith('$') ? `$${value}` : value;
}
export function unescapeLiteral(value: unknown): unknown {
  return isEscapedLiteral(value) ? value.slice(1) : value;
}

/** `'$token.x'` → `['$session', 'x']`, `'$1.a.b'` → `[1, 'a', 'b']`, `'$foo.bar'` → `[undefined, 'foo', 'bar']`. */
export function getVariableComponents(variable: string): VariableComponents {
  const [first = '', ...rest] = variable.split('.');
  const scope = staticScopes.get(first);
  if (scope !== undefined) return [scope, ...rest];
  const name = first.slice(1);
  if (/^\d+$/.test(name)) return [Number(name), ...rest];
  return [undefined, name, ...rest];
}

export function isVariableScopeRelational(scope: StaticScope | number | undefined): scope is number {
  return typeof scope === 'number';
}

/** Of a variable, given as text, as its components or as its scope alone. */
export function varScopeType(
  variable: string | VariableComponents | VariableComponents[0],
): 'static' | 'relational' | undefined {
  const [scope] =
    typeof variable === 'string' ? getVariableComponents(variable) : Array.isArray(variable) ? variable : [variable];
  if (scope === undefined) return undefined;
  return isVariableScopeRelational(scope) ? 'relational' : 'static';
}

/** Moves a relational variable `step` queries further in: `$1.id` → `$2.id`. Anything else stays as it is. */
export function safeIncrementSubqueryVar<V>(value: V, step = 1): V | string {
  if (!isValueVariable(value)) return value;
  const [scope, ...path] = getVariableComponents(value);
  return isVariableScopeRelational(scope) ? relationalVariable(scope + step, path) : value;
}

export function relationalVariable(scope: number, path: readonly string[]): string {
  return [`$${scope}`, ...path].join('.');
}

/** The value of a static variable; undefined when nothing defines it. */
export function resolveStaticVariable(components: VariableComponents, variables: VariableScopes): unknown {
  const [scope, ...path] = components;
  let value: unknown = Object.hasOwn(variables, String(scope)) ? variables[String(scope)] : undefined;
  for (const key of path) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Readable)[key] : undefined;
  }
  return value;
}

/**
 * The value of any variable, given the static scopes and the rows of the enclosing queries, outermost first. A scope
 * beyond the outermost query throws.
 */
export function resolveVariable(variable: string, variables: VariableScopes, stack: readonly Readable[] = []): unknown {
  const components = getVariableComponents(variable);
  const [scope, ...path] = components;
  if (!isVariableScopeRelational(scope)) return resolveStaticVariable(components, variables);
  const row = stack[stack.length - scope];
  if (row === undefined) {
    throw new Error(`Variable reference is out of bounds. Tried to find ${variable} in stack of size ${stack.length}`);
  }
  return compilePath(path.join('.'))(row);
}
