/** The options of a server as environment variables name them. */
import { authSettingsFromEnvironment } from '@triplit/server-core';
import type { ServerOptions } from './options.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings of tokens, MAX_BODY_SIZE (megabytes), PROJECT_ID, CORS_ORIGINS, TRUSTED_PROXIES and VERBOSE_LOGS. `prefix` is put before every
 * name, as `TRIPLIT_` is during development. An empty variable counts as unset.
 */
export function serverOptionsFromEnvironment(environment: Environment, prefix = ''): ServerOptions {
  const read = (name: string): string | undefined => environment[prefix + name]?.trim() || undefined;
  return {
    ...authSettingsFromEnvironment(environment, prefix),
    projectId: read('PROJECT_ID'),
    maxPayloadMb: read('MAX_BODY_SIZE'),
    corsOrigins: read('CORS_ORIGINS'),
    ...(/^\d+$/.test(read('TRUSTED_PROXIES') ?? '') && { trustedProxies: Number(read('TRUSTED_PROXIES')) }),
    verboseLogs: read('VERBOSE_LOGS') !== undefined,
  };
}
