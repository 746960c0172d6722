/**
 * Selection: the selected paths of a decoded row and nothing else, nested as in the row. `['a.b']` gives `{ a: { b } }`;
 * a null on the way stays null.
 */
import { setOwn } from '../values/own-property.ts';

type Entity = Record<string, unknown>;
/** By key: what is selected inside, or undefined when the whole value is. */
type Selection = Map<string, Selection | undefined>;

/** `schemaful`: an absent attribute stays absent. Without a schema its key is there, with undefined. */
export function compileProjection(select: readonly string[], schemaful: boolean): (entity: Entity) => Entity {
  const selection: Selection = new Map();
  for (const path of select) addPath(selection, path.split('.'));
  return (entity) => project(entity, selection, schemaful);
}

function addPath(selection: Selection, [key = '', ...rest]: readonly string[]): void {
  if (selection.has(key) && selection.get(key) === undefined) return;
  if (rest.length === 0) {
    selection.set(key, undefined);
    return;
  }
  const inside = selection.get(key) ?? new Map();
  selection.set(key, inside);
  addPath(inside, rest);
}

function project(source: Entity, selection: Selection, schemaful: boolean): Entity {
  const projected: Entity = {};
  for (const [key, inside] of selection) {
    if (!Object.hasOwn(source, key)) {
      if (!schemaful) setOwn(projected, key, inside === undefined ? undefined : project({}, inside, schemaful));
      continue;
    }
    const value: unknown = source[key];
    if (inside === undefined || value === null) setOwn(projected, key, value);
    else if (typeof value === 'object') setOwn(projected, key, project(value as Entity, inside, schemaful));
    else if (!schemaful) setOwn(projected, key, project({}, inside, schemaful));
  }
  return projected;
}
