/** The part of Bun's own SQLite module that is used here. */
declare module 'bun:sqlite' {
  export class Database {
    constructor(path: string, options?: { readonly create?: boolean; readonly readwrite?: boolean });
    exec(sql: string): unknown;
    prepare(sql: string): {
      get(...parameters: (Uint8Array | string | number)[]): unknown;
      all(...parameters: (Uint8Array | string | number)[]): unknown[];
      run(...parameters: (Uint8Array | string | number)[]): unknown;
    };
    close(): void;
  }
}
