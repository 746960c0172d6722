/** Holds the map of ARCHITECTURE.md: layers, package arrows, no cycles, no runtime where none may be. */
import { expect, test } from 'vitest';
import { packageSources } from './source-files.ts';
import type { SourceFile } from './source-files.ts';

/** Folders of `packages/db/src`, bottom up. A folder may import those of lower layers and itself, never a sibling. */
const DB_LAYERS: readonly (readonly string[])[] = [
  ['base'],
  ['values'],
  ['ast', 'storage', 'clock'],
  ['schema', 'changes'],
  ['query'],
  ['permissions', 'engine', 'entities', 'protocol'],
  ['transactions'],
  ['database'],
];

/** What each package may import of ours. */
const PACKAGE_ARROWS: Readonly<Record<string, readonly string[]>> = {
  logger: [],
  db: ['logger'],
  client: ['db', 'logger'],
  'server-core': ['db', 'logger'],
  server: ['db', 'logger', 'server-core'],
  react: ['client'],
  cli: ['client', 'db', 'logger', 'server', 'server-core'],
};

/** Folders that must not even mention these (design rules beyond the layers). */
const FORBIDDEN: readonly { from: RegExp; to: RegExp; because: string }[] = [
  {
    from: /^packages\/db\/src\/storage\//,
    to: /^packages\/db\/src\/(schema|query|changes)\//,
    because: 'storage knows keys and values only',
  },
  {
    from: /^packages\/db\/src\/permissions\//,
    to: /^packages\/db\/src\/(engine|storage|entities)\//,
    because: 'permissions make filters and never run them',
  },
  {
    from: /^packages\/db\/src\/engine\//,
    to: /^packages\/db\/src\/(storage|schema\/(?!types|data-type|paths|type-at-path)|permissions)\//,
    because: 'the engine reads through EntitySource',
  },
];

/** The core and the server's logic run in any JavaScript runtime. Files that adapt a runtime's storage are named. */
const RUNTIME_FREE = /^packages\/(db|client|server-core|logger|react)\/src\//;
const RUNTIME_ADAPTERS = /^packages\/(db|client)\/src\/storage\//;

const MAX_LINES = 400;

const sources = packageSources();
const byPath = new Map(sources.map((file) => [file.path, file]));

test('layers of the database import downward only', () => {
  const violations = importsOf((file) => layerOf(file.path) !== undefined).filter(({ from, to }) => {
    const target = layerOf(to);
    const source = layerOf(from)!;
    if (target === undefined || folderOf(to) === folderOf(from)) return false;
    return target >= source;
  });
  expect(violations.map(describe)).toEqual([]);
});

test('every folder of the database has its place in the layer map', () => {
  const folders = new Set(sources.map((file) => folderOf(file.path)).filter((folder) => folder !== undefined));
  expect([...folders].filter((folder) => !DB_LAYERS.flat().includes(folder))).toEqual([]);
});

test('packages import each other downward only', () => {
  const violations = sources.flatMap((file) => {
    const allowed = PACKAGE_ARROWS[packageOf(file.path)] ?? [];
    return file.imports
      .filter(({ specifier }) => specifier.startsWith('@triplit/'))
      .filter(({ specifier }) => !allowed.includes(specifier.split('/')[1]!))
      .map(({ specifier }) => `${file.path} imports ${specifier}`);
  });
  expect(violations).toEqual([]);
});

test('every package has its arrows in the map', () => {
  const packages = new Set(sources.map((file) => packageOf(file.path)));
  expect([...packages].filter((name) => !(name in PACKAGE_ARROWS))).toEqual([]);
});

test('no package reaches into the inside of another', () => {
  const violations = importsOf(() => true).filter(({ from, to }) => packageOf(from) !== packageOf(to));
  expect(violations.map(describe)).toEqual([]);
});

test('no import goes to a file that is not there', () => {
  const missing = importsOf(() => true).filter(
    ({ to }) => !byPath.has(to) && !/\.(d\.ts|json|test\.tsx?|contract\.ts)$/.test(to),
  );
  expect(missing.map(describe)).toEqual([]);
});

test('there are no import cycles', () => {
  expect([...new Set(findCycles().map((cycle) => cycle.join(' -> ')))]).toEqual([]);
});

test('what runs everywhere imports nothing of Node', () => {
  const violations = sources
    .filter((file) => RUNTIME_FREE.test(file.path) && !RUNTIME_ADAPTERS.test(file.path))
    .flatMap((file) =>
      file.imports
        .filter(({ specifier }) => specifier.startsWith('node:'))
        .map(({ specifier }) => `${file.path} imports ${specifier}`),
    );
  expect(violations).toEqual([]);
});

test('the server core knows neither a web framework nor the process it runs in', () => {
  const violations = sources
    .filter((file) => file.path.startsWith('packages/server-core/'))
    .filter(
      (file) =>
        file.imports.some(({ specifier }) => /^(hono|ws|@hono)/.test(specifier)) || /\bprocess\.env\b/.test(file.text),
    );
  expect(violations.map((file) => file.path)).toEqual([]);
});

test('time, chance and scheduling enter the database through its platform only', () => {
  const violations = sources
    .filter((file) => file.path.startsWith('packages/db/src/') && !file.path.startsWith('packages/db/src/base/'))
    .filter((file) =>
      /\b(Date\.now\(|Math\.random\(|new Date\(\)|setTimeout\(|setInterval\(|setImmediate\()/.test(codeOf(file)),
    );
  expect(violations.map((file) => file.path)).toEqual([]);
});

test.each(FORBIDDEN)('$because', ({ from, to }) => {
  const violations = importsOf((file) => from.test(file.path)).filter((edge) => to.test(edge.to));
  expect(violations.map(describe)).toEqual([]);
});

test(`no source file is longer than ${MAX_LINES} lines`, () => {
  const long = sources
    .map((file) => ({ path: file.path, lines: file.text.split('\n').length }))
    .filter(({ lines }) => lines > MAX_LINES + 1);
  expect(long).toEqual([]);
});

test('sources export by name only', () => {
  const violations = sources.filter((file) => /^export default\b/m.test(codeOf(file)));
  expect(violations.map((file) => file.path)).toEqual([]);
});

interface Edge {
  readonly from: string;
  readonly to: string;
}

function importsOf(filter: (file: SourceFile) => boolean): Edge[] {
  return sources
    .filter(filter)
    .flatMap((file) => file.imports.flatMap(({ file: to }) => (to === undefined ? [] : [{ from: file.path, to }])));
}

function describe({ from, to }: Edge): string {
  return `${from} imports ${to}`;
}

function packageOf(path: string): string {
  return path.split('/')[1]!;
}

/** The layer folder of a database file; undefined for the entry files beside them. */
function folderOf(path: string): string | undefined {
  return /^packages\/db\/src\/([^/]+)\//.exec(path)?.[1];
}

function layerOf(path: string): number | undefined {
  const folder = folderOf(path);
  const layer = DB_LAYERS.findIndex((names) => folder !== undefined && names.includes(folder));
  return layer < 0 ? undefined : layer;
}

/** Source text without comments and string contents, for looking up identifiers. */
function codeOf(file: SourceFile): string {
  return file.text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*$/gm, '')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
}

/** One cycle per strongly connected group of files, by depth-first search. Type-only imports count: they knot readers too. */
function findCycles(): string[][] {
  const cycles: string[][] = [];
  const state = new Map<string, 'open' | 'done'>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    state.set(path, 'open');
    trail.push(path);
    for (const { file } of byPath.get(path)?.imports ?? []) {
      if (file === undefined || !byPath.has(file)) continue;
      if (state.get(file) === 'open') cycles.push([...trail.slice(trail.indexOf(file)), file]);
      else if (!state.has(file)) visit(file);
    }
    trail.pop();
    state.set(path, 'done');
  };
  for (const file of sources) if (!state.has(file.path)) visit(file.path);
  return cycles;
}
