/**
 * Watches the schema file and the project files it imports, and hands over each readable version of the schema, one at
 * a time and in order. A version that cannot be read is reported and the watch goes on.
 */
import { existsSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { watch } from 'chokidar';
import { readProjectSchema } from '../project/schema-file.ts';
import type { ProjectSchema } from '../project/schema-file.ts';

export interface SchemaWatcherOptions {
  readonly path: string;
  /** The files to watch at first. */
  readonly sources: readonly string[];
  readonly onSchema: (schema: ProjectSchema) => Promise<void>;
  readonly onError: (error: unknown) => void;
}
export interface SchemaWatcher {
  /** Settles when changes will be seen. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** Editors write a file in several steps; it is read when it has been quiet for this long. */
const QUIET_MS = 100;

export function watchSchema({ path, sources, onSchema, onError }: SchemaWatcherOptions): SchemaWatcher {
  const watched = new Set([path, ...sources]);
  // The schema file itself is watched through its folder, since it may come and go.
  const watcher = watch([nearestFolder(path), ...sources.filter((source) => source !== path)], {
    ignoreInitial: true,
    // Of that folder only the way down to the schema file matters.
    ignored: (found) => !watched.has(found) && !path.startsWith(found.endsWith(sep) ? found : found + sep),
  });
  let timer: NodeJS.Timeout | undefined;
  let work = Promise.resolve();
  let closed = false;

  const reload = async (): Promise<void> => {
    if (closed) return;
    const schema = await readProjectSchema(path, { required: true });
    if (closed || !schema) return;
    for (const source of schema.sources) {
      if (watched.has(source)) continue;
      watched.add(source);
      watcher.add(source);
    }
    await onSchema(schema);
  };
  watcher.on('all', (event) => {
    if (event === 'addDir' || event === 'unlinkDir') return;
    clearTimeout(timer);
    timer = setTimeout(() => (work = work.then(reload).catch(onError)), QUIET_MS);
  });
  watcher.on('error', onError);

  return {
    ready: new Promise((resolve) => void watcher.once('ready', () => resolve())),
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await watcher.close();
      await work;
    },
  };
}

/** The folder of the file, or the closest one above it that exists. */
function nearestFolder(file: string): string {
  const folder = dirname(file);
  return existsSync(folder) || folder === dirname(folder) ? folder : nearestFolder(folder);
}
