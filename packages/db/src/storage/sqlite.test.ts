import Database from 'libsql';
import { describeKVStore } from './kv-store.contract.ts';
import { SQLiteKVStore } from './sqlite.ts';

describeKVStore(
  'SQLiteKVStore',
  () => new SQLiteKVStore(new Database(':memory:'), { ownsDatabase: true }),
  (store) => (store as SQLiteKVStore).close(),
);
