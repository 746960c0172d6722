/** Versions as the installed packages declare them. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Version of this command line. */
export function cliVersion(): string {
  return versionAbove(fileURLToPath(import.meta.url), '@triplit/cli') ?? 'unknown';
}

/** Version of the server that `triplit dev` starts. */
export function serverVersion(): string {
  return versionAbove(fileURLToPath(import.meta.resolve('@triplit/server')), '@triplit/server') ?? 'unknown';
}

function versionAbove(file: string, packageName: string): string | undefined {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const version = readVersion(join(folder, 'package.json'), packageName);
    if (version !== undefined) return version;
  }
  return undefined;
}

function readVersion(file: string, packageName: string): string | undefined {
  try {
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
    return manifest.name === packageName ? manifest.version : undefined;
  } catch {
    return undefined;
  }
}
