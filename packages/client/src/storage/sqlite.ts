/** Storage for the client's data; see `@triplit/db/storage/sqlite`. */
export * from '@triplit/db/storage/sqlite';
