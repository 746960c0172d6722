/** `@triplit/server`: the sync server on Node.js. */
export type { RunningServer, StartServer } from './create-server.ts';
export { createServer } from './create-server.ts';
export type { MountableServer, MountableServerOptions } from './mountable-server.ts';
export { createMountableServer } from './mountable-server.ts';
export { serverOptionsFromEnvironment } from './environment.ts';
export type { ServerOptions } from './options.ts';
export type { StoreKeys } from './storage.ts';
export { createTriplitStorageProvider, durableStoreKeys, inMemoryStoreKeys, storeKeys } from './storage.ts';
