/** The part of IndexedDB that the engine uses, by structure, so that the core compiles without the DOM's types. */

/** Events are not looked at: their types differ between the DOM and workers. */
type IdbListener = ((event: any) => unknown) | null;

export interface IdbRequest<T = unknown> {
  readonly result: T;
  readonly error: unknown;
  onsuccess: IdbListener;
  onerror: IdbListener;
}

export interface IdbOpenRequest extends IdbRequest<IdbDatabase> {
  onupgradeneeded: IdbListener;
  onblocked: IdbListener;
}

export interface IdbDatabase {
  readonly name: string;
  readonly objectStoreNames: { contains(name: string): boolean };
  createObjectStore(name: string): unknown;
  transaction(storeName: string, mode: 'readonly' | 'readwrite', options?: { durability: 'relaxed' }): IdbTransaction;
  close(): void;
  onversionchange: IdbListener;
  onclose: IdbListener;
}

export interface IdbTransaction {
  readonly error: unknown;
  objectStore(name: string): IdbObjectStore;
  oncomplete: IdbListener;
  onabort: IdbListener;
  commit?(): void;
  abort(): void;
}

export interface IdbObjectStore {
  getAllKeys(range: IdbKeyRange): IdbRequest<unknown[]>;
  getAll(range: IdbKeyRange): IdbRequest<unknown[]>;
  openKeyCursor(range: IdbKeyRange, direction: 'prev'): IdbRequest<{ readonly key: unknown } | null>;
  put(value: unknown, key: string | number): unknown;
  delete(range: IdbKeyRange): unknown;
}

export interface IdbKeyRange {
  readonly lower: unknown;
  readonly upper: unknown;
  readonly lowerOpen: boolean;
  readonly upperOpen: boolean;
  includes(key: unknown): boolean;
}

export interface IdbFactory {
  open(name: string, version: number): IdbOpenRequest;
}

export interface IdbKeyRanges {
  bound(lower: unknown, upper: unknown, lowerOpen?: boolean, upperOpen?: boolean): IdbKeyRange;
}
