/** What a server is made from. Every option of version 1 is accepted under its name. */
import type { DBSchema, KVStore } from '@triplit/db';
import type { LogHandler } from '@triplit/logger';
import type { AuthSettings, ServerLimits } from '@triplit/server-core';

export interface ServerOptions extends AuthSettings {
  /** Where data lives, or a function that opens it. Default: in memory, gone when the process ends. */
  readonly storage?: KVStore | (() => KVStore | Promise<KVStore>) | undefined;
  readonly dbOptions?: {
    /** Put in force at the start, over the stored one. Without roles it gets the default roles. */
    readonly schema?: Pick<DBSchema, 'collections' | 'roles'> | undefined;
    /** The `$global` variables. */
    readonly variables?: Record<string, unknown> | undefined;
    readonly experimental?: Record<string, unknown> | undefined;
  };
  /** Limit of a body sent to the bulk routes, in megabytes. Default: 100. */
  readonly maxPayloadMb?: number | string | undefined;
  /** Origins of the web pages that may use the server, such as `https://app.example.com`; a list, or text with commas. Default: all. */
  readonly corsOrigins?: string | readonly string[] | undefined;
  /** Other limits, by name. */
  readonly limits?: Partial<ServerLimits> | undefined;
  /**
   * How many proxies are in front of the server, each of which appends to the header `X-Forwarded-For` whom it was asked
   * by: from it the addresses are taken by which anonymous users are counted. 0: none. Default: those with addresses of the
   * internet are counted by the address of their socket, others not at all.
   */
  readonly trustedProxies?: number | undefined;
  /** The network interface to listen on. Default: all. */
  readonly host?: string | undefined;
  /** Receives the log instead of the console. */
  readonly logHandler?: LogHandler | undefined;
  /** Logs every request and message, by type; never their content. */
  readonly verboseLogs?: boolean | undefined;
  /** Accepted; has no effect. */
  readonly upstream?: { readonly url: string; readonly token: string };
  /** Opens the inspector of Node.js. */
  readonly useNodeInspector?: boolean | undefined;
}

const DEFAULT_PAYLOAD_MEGABYTES = 100;

/** The number that was meant; the default when it is none. */
export function payloadMegabytes(value: number | string | undefined): number {
  const number = typeof value === 'string' ? Number.parseFloat(value) : value;
  return number !== undefined && Number.isFinite(number) && number > 0 ? number : DEFAULT_PAYLOAD_MEGABYTES;
}
