/** Reads the repository as the architecture tests see it: tracked files, and the imports of TypeScript sources. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}
export interface Import {
  /** As written: `./x.ts`, `node:fs`, `@triplit/db/sync`. */
  readonly specifier: string;
  /** Repository path of a relative import. */
  readonly file: string | undefined;
  readonly typeOnly: boolean;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Files that git knows or would add, so that a new file is judged before it is committed. */
export function repositoryFiles(): string[] {
  const listing = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root });
  return [...new Set(listing.toString().split('\0'))].filter((path) => path !== '').toSorted();
}

export function readRepositoryFile(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

/** Sources of the packages, tests left out. */
export function packageSources(): SourceFile[] {
  return repositoryFiles()
    .filter((path) => /^packages\/[^/]+\/src\/.*\.tsx?$/.test(path) && !isTestFile(path))
    .map((path) => ({ path, text: readRepositoryFile(path) }))
    .filter((file): file is { path: string; text: string } => file.text !== undefined)
    .map(({ path, text }) => ({ path, text, imports: readImports(path, text) }));
}

/** Contract suites are published for authors of adapters and lean on the test runner, like tests. */
export function isTestFile(path: string): boolean {
  return (
    /\.(test|test-d|contract|bench|fixture)\.tsx?$/.test(path) || path.includes('/testing/') || path.endsWith('.d.ts')
  );
}

const IMPORT = /^\s*(?:import|export)\s+(type\s)?(?:[\w*{}\s,$]+?\sfrom\s+)?['"]([^'"]+)['"]/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

function readImports(path: string, text: string): Import[] {
  const code = withoutComments(text);
  const statics = [...code.matchAll(IMPORT)].map((match) => toImport(path, match[2]!, match[1] !== undefined));
  const dynamics = [...code.matchAll(DYNAMIC_IMPORT)].map((match) => toImport(path, match[1]!, false));
  return [...statics, ...dynamics];
}

function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '');
}

function toImport(from: string, specifier: string, typeOnly: boolean): Import {
  const file = specifier.startsWith('.') ? normalize(join(dirname(from), specifier)).replaceAll('\\', '/') : undefined;
  return { specifier, file, typeOnly };
}
