/** Storage for the client's data; see `@triplit/db/storage/indexed-db`. */
export * from '@triplit/db/storage/indexed-db';
