/** Finds and reads the project's schema file. Looking for it never creates anything. */
import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { DBSchema } from '@triplit/db';
import { CliFailure } from '../cli-failure.ts';
import { setting } from '../environment.ts';
import type { Environment } from '../environment.ts';
import { loadModule } from './load-module.ts';

export interface ProjectSchema {
  readonly schema: DBSchema;
  /** The files whose change may change the schema. */
  readonly sources: readonly string[];
}

/** Absolute path: the flag, `TRIPLIT_SCHEMA_PATH`, or `triplit/schema.ts` under the folder. */
export function schemaPath(flag: string | undefined, folder: string, environment: Environment): string {
  return resolve(folder, flag || setting(environment, 'TRIPLIT_SCHEMA_PATH') || 'triplit/schema.ts');
}

/** Undefined when the file does not exist, unless it is required: then a `CliFailure` names the path. */
export async function readProjectSchema(
  path: string,
  { required }: { required: boolean },
): Promise<ProjectSchema | undefined> {
  const shown = relative(process.cwd(), path) || path;
  if (!existsSync(path)) {
    if (!required) return undefined;
    throw new CliFailure(
      `There is no schema file at ${shown}. Create it (\`triplit init\` writes a first one), or name another with --schemaPath or TRIPLIT_SCHEMA_PATH.`,
    );
  }
  const { exports, sources } = await loadModule(path);
  if (!isObject(exports['schema'])) {
    throw new CliFailure(
      `${shown} does not export \`schema\`. Write \`export const schema = S.Collections({ … })\` in it.`,
    );
  }
  if (exports['roles'] !== undefined && !isObject(exports['roles'])) {
    throw new CliFailure(
      `\`roles\` exported by ${shown} is not an object. Write \`export const roles: Roles = { … }\`.`,
    );
  }
  const roles = exports['roles'] as DBSchema['roles'];
  const collections = exports['schema'] as DBSchema['collections'];
  return { schema: roles ? { collections, roles } : { collections }, sources };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
