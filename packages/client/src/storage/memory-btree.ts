/** Storage for the client's data; see `@triplit/db/storage/memory-btree`. */
export * from '@triplit/db/storage/memory-btree';
