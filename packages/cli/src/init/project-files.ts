/** The files of a new Triplit project. Writing them twice changes nothing, and nothing of the user's is overwritten. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DEVELOPMENT_JWT_SECRET, DEVELOPMENT_PROJECT_ID, mintServerTokens } from '../dev/tokens.ts';

/** How the app's bundler hands environment values to browser code. */
export type AppEnvironment = 'vite' | 'sveltekit' | 'next' | 'none';

export type FileOutcome = 'created' | 'extended' | 'unchanged';

const PREFIXES: Readonly<Record<AppEnvironment, string | undefined>> = {
  vite: 'VITE_',
  sveltekit: 'PUBLIC_',
  next: 'NEXT_PUBLIC_',
  none: undefined,
};

export function writeSchema(folder: string): FileOutcome {
  return createFile(join(folder, 'triplit', 'schema.ts'), SCHEMA);
}

export function writeClient(folder: string, environment: AppEnvironment): FileOutcome {
  return createFile(join(folder, 'triplit', 'client.ts'), CLIENTS[environment]);
}

/** Adds what is missing to `.env`: the server, its development tokens, and both under the app's prefix. */
export function extendEnvironmentFile(folder: string, environment: AppEnvironment): FileOutcome {
  const tokens = mintServerTokens(DEVELOPMENT_JWT_SECRET, DEVELOPMENT_PROJECT_ID);
  const prefix = PREFIXES[environment];
  const wanted: Record<string, string> = {
    TRIPLIT_DB_URL: 'http://localhost:6543',
    TRIPLIT_SERVICE_TOKEN: tokens.service,
    TRIPLIT_ANON_TOKEN: tokens.anonymous,
    ...(prefix && {
      [`${prefix}TRIPLIT_SERVER_URL`]: '$TRIPLIT_DB_URL',
      [`${prefix}TRIPLIT_TOKEN`]: '$TRIPLIT_ANON_TOKEN',
    }),
  };
  const file = join(folder, '.env');
  const text = read(file);
  const missing = Object.entries(wanted).filter(
    ([name]) => !new RegExp(`^\\s*(export\\s+)?${name}\\s*=`, 'm').test(text),
  );
  const heading =
    '# Triplit: the server of `triplit dev` and its development tokens (the service token has full access)';
  return appendLines(
    file,
    missing.length === 0 ? [] : [heading, ...missing.map(([name, value]) => `${name}=${value}`)],
  );
}

/** Keeps the development data out of git, and `.env` too when it is ours. */
export function extendIgnoreFile(folder: string, { environmentFile }: { environmentFile: boolean }): FileOutcome {
  const file = join(folder, '.gitignore');
  const present = new Set(
    read(file)
      .split('\n')
      .map((line) => line.trim().replace(/^\/|\/$/g, '')),
  );
  const wanted = ['triplit/.data', ...(environmentFile ? ['.env'] : [])];
  return appendLines(
    file,
    wanted.filter((line) => !present.has(line)),
  );
}

/** Adds the npm script `triplit`: `triplit dev`. A package.json that is missing is created. */
export function extendPackageFile(folder: string): FileOutcome {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) {
    const name =
      basename(folder)
        .toLowerCase()
        .replace(/[^a-z0-9._-]+/g, '-')
        .replace(/^[._-]+/, '') || 'app';
    return createFile(
      file,
      `${JSON.stringify({ name, private: true, type: 'module', scripts: { triplit: 'triplit dev' } }, null, 2)}\n`,
    );
  }
  const text = readFileSync(file, 'utf8');
  const manifest = JSON.parse(text) as { scripts?: Record<string, string> };
  if (manifest.scripts?.['triplit'] !== undefined) return 'unchanged';
  manifest.scripts = { ...manifest.scripts, triplit: 'triplit dev' };
  const indentation = /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
  writeFileSync(file, `${JSON.stringify(manifest, null, indentation)}\n`);
  return 'extended';
}

function createFile(file: string, text: string): FileOutcome {
  if (existsSync(file)) return 'unchanged';
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return 'created';
}

function appendLines(file: string, lines: readonly string[]): FileOutcome {
  if (lines.length === 0) return 'unchanged';
  const existed = existsSync(file);
  const text = read(file);
  const separator = text === '' || text.endsWith('\n') ? '' : '\n';
  writeFileSync(file, `${text}${separator}${text === '' ? '' : '\n'}${lines.join('\n')}\n`);
  return existed ? 'extended' : 'created';
}

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

const SCHEMA = `/**
 * The collections of this app and who may do what with them.
 * \`triplit dev\` applies changes to this file while it runs.
 */
import { Schema as S } from '@triplit/client';

export const schema = S.Collections({
  todos: {
    schema: S.Schema({
      id: S.Id(),
      text: S.String(),
      completed: S.Boolean({ default: false }),
      createdAt: S.Date({ default: S.Default.now() }),
    }),
  },
});
`;

function clientSource(imports: string, serverUrl: string, token: string): string {
  return `/** The app's one client: a local cache that syncs with the server. */
import { TriplitClient } from '@triplit/client';
${imports}import { schema } from './schema';

export const triplit = new TriplitClient({
  schema,
  serverUrl: ${serverUrl},
  token: ${token},
});
`;
}

const CLIENTS: Readonly<Record<AppEnvironment, string>> = {
  vite: clientSource('', 'import.meta.env.VITE_TRIPLIT_SERVER_URL', 'import.meta.env.VITE_TRIPLIT_TOKEN'),
  sveltekit: clientSource(
    "import { PUBLIC_TRIPLIT_SERVER_URL, PUBLIC_TRIPLIT_TOKEN } from '$env/static/public';\n",
    'PUBLIC_TRIPLIT_SERVER_URL',
    'PUBLIC_TRIPLIT_TOKEN',
  ),
  next: clientSource('', 'process.env.NEXT_PUBLIC_TRIPLIT_SERVER_URL', 'process.env.NEXT_PUBLIC_TRIPLIT_TOKEN'),
  none: clientSource(
    '',
    "'http://localhost:6543'",
    `'${mintServerTokens(DEVELOPMENT_JWT_SECRET, DEVELOPMENT_PROJECT_ID).anonymous}'`,
  ),
};
