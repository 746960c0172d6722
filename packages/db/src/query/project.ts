/** Selection: the listed paths of a decoded row, and nothing else. */
type Entity = Record<string, any>;

/** `schemaful`: an absent attribute stays absent; without a schema its key is present with undefined. */
export function compileProjection(select: readonly string[], schemaful: boolean): (entity: Entity) => Entity {
  const paths = select.map((path) => path.split('.'));
  return (entity) => {
    const projected: Entity = {};
    for (const path of paths) copyPath(entity, projected, path, schemaful);
    return projected;
  };
}

function copyPath(from: unknown, to: Entity, path: readonly string[], schemaful: boolean): void {
  let source = from;
  let target = to;
  for (let index = 0; index < path.length; index++) {
    const key = path[index]!;
    const present = typeof source === 'object' && source !== null && Object.hasOwn(source, key);
    if (!present && schemaful) return;
    const value = present ? (source as Entity)[key] : undefined;
    if (index === path.length - 1) {
      Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
      return;
    }
    if (typeof value !== 'object' || value === null) {
      if (!schemaful || value === null) target[key] = value === null ? null : (target[key] ?? {});
      if (value === null || schemaful) return;
    }
    if (typeof target[key] !== 'object' || target[key] === null) target[key] = {};
    target = target[key] as Entity;
    source = value;
  }
}
