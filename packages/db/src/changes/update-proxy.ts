/**
 * The entity that an updater function sees: an ordinary object to read and write, whose writes are recorded as one
 * encoded change. Reads reflect earlier writes, and what is read back is what the change will make of the stored row.
 * Nested values are copied at their first write, so nothing that the entity shares with others is ever mutated.
 */
import { getOwn, setOwn } from '../values/own-property.ts';
import { TrackedSet } from './tracked-set.ts';
import type { Change } from './types.ts';
import type { UpdatedType } from './updated-value.ts';
import {
  copyDecoded,
  encodeDecoded,
  encodeReplacement,
  memberTypeIn,
  propertyType,
  withNulls,
} from './updated-value.ts';

/**
 * Records writes to the proxy in `changes` (encoded) and makes them in `entity` (decoded). With a type, arrays assigned
 * to a set attribute count as sets and set members are checked (`DBSerializationError`); everything else is left to the
 * encoding of the changes. Without one, values are taken for what they are in JavaScript.
 */
export function createUpdateProxyAndTrackChanges<T extends object>(
  entity: T,
  changes: Change,
  recordType?: UpdatedType,
): T {
  const root: Root = { base: { ...entity }, changes };
  return new TrackedContainer(entity as Container, recordType, root).proxy as T;
}

type Container = Record<string, unknown> | unknown[];
interface Root {
  /** The entity before the first write. */
  readonly base: object;
  readonly changes: Change;
}
interface Place {
  readonly parent: TrackedContainer;
  readonly key: string;
}
/** What is handed out for the object that was found at a key. */
interface View {
  value: object;
  readonly view: object;
}

/** One object or array of the entity. It is detached, and no longer recorded, once another value took its place. */
class TrackedContainer {
  readonly proxy: object;
  #value: Container;
  #isOwned: boolean;
  readonly #type: UpdatedType | undefined;
  readonly #place: Root | Place;
  readonly #views = new Map<string, View>();
  /** Keys of arrays that are recorded whole, so that nothing below merges with what was there before. */
  readonly #wholeKeys = new Set<string>();

  constructor(value: Container, type: UpdatedType | undefined, place: Root | Place) {
    this.#value = value;
    this.#isOwned = 'base' in place;
    this.#type = type;
    this.#place = place;
    this.proxy = new Proxy<object>(Array.isArray(value) ? [] : {}, trapsOf(this));
    containers.set(this.proxy, this);
  }

  get value(): Container {
    return this.#value;
  }

  read(key: string | symbol): unknown {
    if (typeof key === 'symbol' || !Object.hasOwn(this.#value, key)) return Reflect.get(this.#value, key);
    const value = getOwn(this.#value, key);
    if (typeof value !== 'object' || value === null || value instanceof Date) return value;
    const known = this.#views.get(key);
    if (known?.value === value) return known.view;
    const view = value instanceof Set ? this.#trackSet(key, value) : this.#trackContainer(key, value as Container);
    this.#views.set(key, { value, view });
    return view;
  }

  write(key: string, assigned: unknown): void {
    const type = propertyType(this.#type, key);
    const value = copyDecoded(unwrap(assigned), type);
    const base = this.#baseOf(key);
    if (Array.isArray(this.#value) && typeof base === 'object' && base !== null) {
      this.#store(key, value);
      if (this.#isAttached()) this.#recordWhole();
      return;
    }
    this.#store(key, withNulls(base, value));
    if (!this.#isAttached()) return;
    this.#record(key, encodeReplacement(base, value, type));
    if (Array.isArray(value)) this.#wholeKeys.add(key);
    else this.#wholeKeys.delete(key);
  }

  /** Of an array. */
  resize(length: number): void {
    const array = this.#value as unknown[];
    if (length === array.length) return;
    if (length > array.length) {
      this.#store(String(length - 1), null);
    } else {
      this.#own();
      (this.#value as unknown[]).length = length;
    }
    if (this.#isAttached()) this.#recordWhole();
  }

  #trackContainer(key: string, value: Container): object {
    return new TrackedContainer(value, propertyType(this.#type, key), { parent: this, key }).proxy;
  }

  #trackSet(key: string, members: ReadonlySet<unknown>): TrackedSet {
    const tracked: TrackedSet = new TrackedSet(
      members,
      memberTypeIn(propertyType(this.#type, key)),
      (memberKey, isMember) => {
        if (!this.#holds(key, tracked)) return;
        this.#replaceViewed(key, new Set(tracked));
        if (this.#isAttached()) setOwn(this.#changeAt(key), memberKey, isMember);
      },
    );
    return tracked;
  }

  /** Whether the view still stands for what is at the key. */
  #holds(key: string, view: object): boolean {
    const known = this.#views.get(key);
    return known?.view === view && known.value === getOwn(this.#value, key);
  }

  #isAttached(): boolean {
    const place = this.#place;
    return 'base' in place || (place.parent.#holds(place.key, this.proxy) && place.parent.#isAttached());
  }

  /** Makes the value a copy of our own, in its place. */
  #own(): void {
    if (this.#isOwned) return;
    const place = this.#place as Place;
    const isInPlace = place.parent.#holds(place.key, this.proxy);
    this.#value = Array.isArray(this.#value) ? [...this.#value] : { ...this.#value };
    this.#isOwned = true;
    if (isInPlace) place.parent.#replaceViewed(place.key, this.#value);
  }

  /** Puts another object at the key that the same view stands for. */
  #replaceViewed(key: string, value: object): void {
    this.#own();
    setOwn(this.#value, key, value);
    this.#views.get(key)!.value = value;
  }

  #store(key: string, value: unknown): void {
    this.#own();
    fillGap(this.#value, key);
    setOwn(this.#value, key, value);
    this.#views.delete(key);
  }

  /** What the change of this container will be merged with. */
  #base(): unknown {
    const place = this.#place;
    if ('base' in place) return place.base;
    return place.parent.#wholeKeys.has(place.key) ? undefined : place.parent.#baseOf(place.key);
  }
  #baseOf(key: string): unknown {
    const base = this.#base();
    return typeof base === 'object' && base !== null ? getOwn(base, key) : undefined;
  }

  #change(): Change {
    const place = this.#place;
    return 'base' in place ? place.changes : place.parent.#changeAt(place.key);
  }
  #changeAt(key: string): Change {
    const change = this.#change();
    const existing = getOwn(change, key);
    if (typeof existing === 'object' && existing !== null) return existing;
    const created: Change = {};
    setOwn(change, key, created);
    return created;
  }

  #record(key: string, encoded: unknown): void {
    const change = this.#change();
    fillGap(change, key);
    setOwn(change, key, encoded);
  }

  /** Records an array as a whole, where a change by index could not express the edit. */
  #recordWhole(): void {
    const { parent, key } = this.#place as Place;
    parent.#record(key, encodeDecoded(this.#value, undefined));
    parent.#wholeKeys.add(key);
  }
}

const containers = new WeakMap<object, TrackedContainer>();

function unwrap(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return containers.get(value)?.value ?? value;
}

/** Arrays have no gaps, as in JSON. */
function fillGap(target: object, key: string): void {
  if (Array.isArray(target)) while (target.length < Number(key)) target.push(null);
}

function trapsOf(container: TrackedContainer): ProxyHandler<object> {
  return {
    get: (_target, key) => container.read(key),
    has: (_target, key) => key in container.value,
    ownKeys: () => Reflect.ownKeys(container.value),
    getOwnPropertyDescriptor: (_target, key) => {
      const descriptor = Reflect.getOwnPropertyDescriptor(container.value, key);
      if (descriptor === undefined) return undefined;
      const isLength = key === 'length' && Array.isArray(container.value);
      return { ...descriptor, value: container.read(key), writable: true, configurable: !isLength };
    },
    set: (_target, key, value) => {
      if (typeof key === 'symbol') return true;
      if (key === 'length' && Array.isArray(container.value)) container.resize(value as number);
      else container.write(key, value);
      return true;
    },
    defineProperty: (_target, key, descriptor) => {
      if (typeof key === 'string' && 'value' in descriptor) container.write(key, descriptor.value);
      return true;
    },
    deleteProperty: (_target, key) => {
      if (typeof key === 'string') container.write(key, null);
      return true;
    },
    preventExtensions: () => false,
  };
}
