/** Storage for the client's data; see `@triplit/db/storage/lmdb`. */
export * from '@triplit/db/storage/lmdb';
