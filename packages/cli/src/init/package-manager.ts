/** The package manager of a project, told by its lock file. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun';

const LOCK_FILES: readonly (readonly [string, PackageManager])[] = [
  ['bun.lockb', 'bun'],
  ['bun.lock', 'bun'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['package-lock.json', 'npm'],
];

/** Looks in the folder and above it, since a workspace keeps its lock file at the top. */
export function detectPackageManager(folder: string): PackageManager {
  for (let at = folder; ; at = dirname(at)) {
    const found = LOCK_FILES.find(([file]) => existsSync(join(at, file)));
    if (found) return found[1];
    if (at === dirname(at)) return 'npm';
  }
}

export function installCommand(
  manager: PackageManager,
  packages: readonly string[],
  { dev }: { dev: boolean },
): string[] {
  const verb = manager === 'npm' ? 'install' : 'add';
  return [manager, verb, ...(dev ? ['-D'] : []), ...packages];
}

/** Runs an install command in the folder with its output shown. False when it failed. */
export function runInstall(command: readonly string[], folder: string): boolean {
  const [program, ...args] = command;
  return (
    spawnSync(program!, args, {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    }).status === 0
  );
}
