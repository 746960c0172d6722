/** Nothing in the repository may depend on the machine or the registry it was made with. */
import { expect, test } from 'vitest';
import { readRepositoryFile, repositoryFiles } from './source-files.ts';

const BINARY = /\.(png|jpe?g|gif|ico|woff2?|zip|gz)$/;
/** Written in pieces, so that this file does not find itself. */
const MACHINE_PATH = new RegExp(['/(?:wo', 'rk|ho', 'me|ro', 'ot|Us', 'ers)/[\\w.-]+/'].join(''));
const RESOLVED_HOST = /"resolved":\s*"https?:/;
const REGISTRY_SETTING = /^\s*(?:@[\w-]+:)?registry\s*=/m;

const files = repositoryFiles().filter((path) => !BINARY.test(path));

test('no tracked file contains a path of the machine it was written on', () => {
  const found = files.filter((path) => MACHINE_PATH.test(readRepositoryFile(path) ?? ''));
  expect(found).toEqual([]);
});

test('no lock file names the registry it was resolved from', () => {
  const found = files.filter(
    (path) => path.endsWith('package-lock.json') && RESOLVED_HOST.test(readRepositoryFile(path) ?? ''),
  );
  expect(found).toEqual([]);
});

test('no npm configuration names a registry', () => {
  const found = files.filter(
    (path) => path.endsWith('.npmrc') && REGISTRY_SETTING.test(readRepositoryFile(path) ?? ''),
  );
  expect(found).toEqual([]);
});

test('no secret of the environment is tracked', () => {
  expect(files.filter((path) => /(^|\/)\.env(\.local)?$/.test(path))).toEqual([]);
});

test.each(files.filter((path) => path.endsWith('package-lock.json')))(
  '%s holds the packages of every platform',
  (path) => {
    const { packages } = JSON.parse(readRepositoryFile(path) ?? '{}') as { packages: Record<string, LockedPackage> };
    const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !isLocked(packages, place, name)),
    );
    expect(missing).toEqual([]);
  },
);

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Node's own search: the nearest node_modules at or above the place. */
function isLocked(packages: Readonly<Record<string, unknown>>, place: string, name: string): boolean {
  for (let at = place; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    if (`${at === '' ? '' : `${at}/`}node_modules/${name}` in packages) return true;
    if (at === '') return false;
  }
}
