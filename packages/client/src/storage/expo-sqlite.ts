/** Storage for the client's data; see `@triplit/db/storage/expo-sqlite`. */
export * from '@triplit/db/storage/expo-sqlite';
