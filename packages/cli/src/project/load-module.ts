/**
 * Loads a TypeScript module of the user's project (schema, seed): bundles its own sources with esbuild into a file of
 * its own beside it, imports that, and removes it. Packages stay outside the bundle and are resolved from the sources
 * that import them, or from this command line where the project has not installed them.
 */
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, formatMessages } from 'esbuild';
import type { BuildFailure, Plugin } from 'esbuild';
import { CliFailure } from '../cli-failure.ts';

export interface LoadedModule {
  readonly exports: Readonly<Record<string, unknown>>;
  /** Absolute paths of the project's own files that went into the module, itself first. */
  readonly sources: readonly string[];
}

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs'];
const RUNNABLE = new Set(['.js', '.mjs', '.cjs', '.node']);
const RESOLVING = Symbol('resolving');

/** Throws `CliFailure` when the file cannot be bundled or throws while it is evaluated. */
export async function loadModule(file: string): Promise<LoadedModule> {
  if (!EXTENSIONS.includes(extname(file))) {
    throw new CliFailure(`${shown(file)} cannot be loaded: its name must end in .ts (or .mts, .js, .mjs).`);
  }
  const { code, sources } = await bundle(file);
  return { exports: await evaluate(code, file), sources };
}

async function bundle(file: string): Promise<{ code: string; sources: string[] }> {
  try {
    const result = await build({
      entryPoints: [file],
      absWorkingDir: dirname(file),
      bundle: true,
      write: false,
      outfile: join(dirname(file), 'bundle.mjs'),
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: 'inline',
      metafile: true,
      logLevel: 'silent',
      plugins: [packagesStayOutside],
    });
    const sources = Object.keys(result.metafile.inputs)
      .filter((input) => !input.includes('node_modules'))
      .map((input) => resolve(dirname(file), input));
    return { code: result.outputFiles[0]!.text, sources: [file, ...sources.filter((source) => source !== file)] };
  } catch (error) {
    throw new CliFailure(`${shown(file)} cannot be loaded:\n${await diagnostics(error)}`);
  }
}

async function evaluate(code: string, file: string): Promise<Record<string, unknown>> {
  const temporary = temporaryFile(code, dirname(file));
  try {
    return (await import(pathToFileURL(temporary).href)) as Record<string, unknown>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliFailure(`${shown(file)} failed while it was loaded: ${reason}`);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Beside the module, so that what it resolves at run time is found; in the system's folder where that is read-only. */
function temporaryFile(code: string, folder: string): string {
  const name = `.triplit-${process.pid}-${randomUUID()}.mjs`;
  try {
    writeFileSync(join(folder, name), code);
    return join(folder, name);
  } catch {
    writeFileSync(join(tmpdir(), name), code);
    return join(tmpdir(), name);
  }
}

const packagesStayOutside: Plugin = {
  name: 'packages-stay-outside',
  setup(setup) {
    setup.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, importer, pluginData }) => {
      if (pluginData === RESOLVING || kind === 'entry-point' || isAbsolute(path)) return undefined;
      if (path.startsWith('node:')) return { path, external: true };
      const found = await setup.resolve(path, { kind, resolveDir, importer, pluginData: RESOLVING });
      if (found.errors.length > 0) return ownPackage(path);
      if (found.external || found.namespace !== 'file') return { path: found.path, external: found.external };
      const isRunnable = RUNNABLE.has(extname(found.path));
      return isRunnable && kind !== 'require-call'
        ? { path: pathToFileURL(found.path).href, external: true }
        : { path: found.path };
    });
  },
};

/** A schema may import `@triplit/client` before the project has installed it. */
function ownPackage(specifier: string): { path: string; external: true } | undefined {
  if (!specifier.startsWith('@triplit/')) return undefined;
  try {
    return { path: pathToFileURL(fileURLToPath(import.meta.resolve(specifier))).href, external: true };
  } catch {
    return undefined;
  }
}

async function diagnostics(error: unknown): Promise<string> {
  const failure = error as Partial<BuildFailure>;
  if (!failure.errors) return String(error);
  return (await formatMessages(failure.errors, { kind: 'error', color: false })).join('').trimEnd();
}

function shown(file: string): string {
  return relative(process.cwd(), file) || file;
}
