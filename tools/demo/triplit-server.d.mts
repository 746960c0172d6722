import type { ChildProcess } from 'node:child_process';

export interface TriplitServerOptions {
  /** The project: where `triplit/schema.ts` and `.env` are. */
  readonly folder: string;
  readonly port: number;
  /** On top of the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** Every line that the server logs once it is ready. */
  readonly onLine: (line: string) => void;
  /** The server ended without being told to. */
  readonly onUnexpectedEnd?: (how: string) => void;
}

export interface TriplitServer {
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

export declare function startTriplitServer(options: TriplitServerOptions): Promise<TriplitServer>;
