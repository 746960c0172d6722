/** The first message of a page to the worker; what follows is the conversation of a follower with its leader. */
import type { ClientOptions } from '../client-options.ts';
import type { SerializableStorageOptions } from '../replica/storage-options.ts';

export interface WorkerGreeting {
  readonly type: 'greeting';
  /** Of the first page; later ones take part in what it began. */
  readonly options: Pick<
    ClientOptions<any>,
    | 'schema'
    | 'roles'
    | 'serverUrl'
    | 'variables'
    | 'claimsPath'
    | 'logLevel'
    | 'pingInterval'
    | 'rejectedWrites'
    | 'syncSchema'
  > & { readonly storage: SerializableStorageOptions | undefined };
  /** The name of a Web Lock that the page holds for as long as it lives. */
  readonly lock: string | undefined;
}
