/** The server's settings as the development server takes them: the same names with the prefix `TRIPLIT_`. */
import { serverOptionsFromEnvironment } from '@triplit/server';
import type { ServerOptions } from '@triplit/server';
import type { Environment } from '../environment.ts';
import { DEVELOPMENT_JWT_SECRET, DEVELOPMENT_PROJECT_ID } from './tokens.ts';

const PREFIX = 'TRIPLIT_';

/**
 * Reads the prefixed names only: an `EXTERNAL_JWT_SECRET` meant for a deployed server is not taken. Secret and project
 * id have development defaults.
 */
export function readServerSettings(environment: Environment): ServerOptions & { jwtSecret: string; projectId: string } {
  const settings = serverOptionsFromEnvironment(environment, PREFIX);
  return {
    ...settings,
    jwtSecret: settings.jwtSecret ?? DEVELOPMENT_JWT_SECRET,
    projectId: settings.projectId ?? DEVELOPMENT_PROJECT_ID,
  };
}
