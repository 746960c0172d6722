/** Finds seed modules and runs them. A seed's default export returns `{ collection: entity[] }`. */
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { CliFailure } from '../cli-failure.ts';
import { loadModule } from './load-module.ts';

export type SeedData = Readonly<Record<string, readonly unknown[]>>;

export function seedFolder(folder: string): string {
  return join(folder, 'triplit', 'seeds');
}

/** All seeds of the project, in the order of their names. */
export function listSeeds(folder: string): string[] {
  const seeds = seedFolder(folder);
  if (!existsSync(seeds)) return [];
  return readdirSync(seeds)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .toSorted()
    .map((name) => join(seeds, name));
}

/** The file as given, or that name in the seed folder; `.ts` may be left out. */
export function findSeed(name: string, folder: string): string {
  const fileName = name.endsWith('.ts') ? name : `${name}.ts`;
  const found = [resolve(folder, fileName), join(seedFolder(folder), fileName)].find((file) => existsSync(file));
  if (found) return found;
  const available = listSeeds(folder).map((file) => relative(seedFolder(folder), file));
  const hint =
    available.length > 0
      ? `Available: ${available.join(', ')}.`
      : 'There are no seeds yet; `triplit seed create` writes one.';
  throw new CliFailure(`There is no seed ${fileName} in ${relative(folder, seedFolder(folder))}. ${hint}`);
}

/** Runs the seed function. Dates and sets become their JSON forms. */
export async function readSeed(file: string): Promise<SeedData> {
  const shown = relative(process.cwd(), file);
  const { exports } = await loadModule(file);
  const seed = exports['default'];
  if (typeof seed !== 'function') throw new CliFailure(`${shown} must export a function as its default.`);
  try {
    return toJson(await (seed as () => unknown)()) as SeedData;
  } catch (error) {
    throw new CliFailure(`The seed ${shown} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function toJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, member: unknown) => (member instanceof Set ? [...member] : member)));
}
