/**
 * Environment files: `.env.local`, then `.env`, of one folder only. The first definition of a name wins, the real
 * environment beats both, and `$NAME` or `${NAME}` in a value is replaced.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { expand } from 'dotenv-expand';

export type Environment = Record<string, string | undefined>;

const FILES = ['.env.local', '.env'];

/** Adds the definitions of the folder's environment files to `environment`. */
export function loadEnvironmentFiles(folder: string, environment: Environment): void {
  const definitions: Record<string, string> = {};
  for (const file of FILES.map((name) => join(folder, name))) {
    if (!existsSync(file)) continue;
    for (const [name, value] of Object.entries(parse(readFileSync(file)))) definitions[name] ??= value;
  }
  expand({ parsed: definitions, processEnv: environment as Record<string, string> });
}

/** The value of a setting, or undefined when it is unset or blank. */
export function setting(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value === undefined || value.trim() === '' ? undefined : value;
}
