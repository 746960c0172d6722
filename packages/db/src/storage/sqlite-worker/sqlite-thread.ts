/** The worker thread: has the SQLite file open and serves requests one after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { SqliteEngine } from '../sqlite/sqlite-engine.ts';
import type { SqliteDatabase } from '../sqlite/sqlite-database.ts';
import type { StorageEntry } from '../port.ts';
import type { WorkerReply, WorkerRequest } from './messages.ts';

/** Entries sent in one message while loading. */
const ENTRIES_PER_MESSAGE = 5_000;

const port = parentPort!;
const reply = (message: WorkerReply): void => port.postMessage(message);
const opened = open(workerData as string);
// Whoever asks is told.
opened.catch(() => undefined);

let last: Promise<void> = Promise.resolve();
port.on('message', (message: WorkerRequest) => {
  last = last.then(() => serve(message));
});

async function open(path: string): Promise<SqliteEngine> {
  const { default: Database } = (await import('better-sqlite3' as string)) as {
    default: new (path: string) => SqliteDatabase;
  };
  return new SqliteEngine(new Database(path), { ownsDatabase: true });
}

async function serve(message: WorkerRequest): Promise<void> {
  const { request } = message;
  try {
    const engine = await opened;
    if (message.kind === 'load') load(engine, request);
    else if (message.kind === 'write') await engine.write(message.edits);
    else await engine.close();
    reply({ request, kind: 'done' });
  } catch (error) {
    reply({ request, kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
  if (message.kind === 'close') port.close();
}

function load(engine: SqliteEngine, request: number): void {
  let entries: StorageEntry[] = [];
  for (const entry of engine.range({})) {
    entries.push(entry);
    if (entries.length < ENTRIES_PER_MESSAGE) continue;
    reply({ request, kind: 'entries', entries });
    entries = [];
  }
  reply({ request, kind: 'entries', entries });
}
