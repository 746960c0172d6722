/** The part of Node's worker threads that is used here; the rest of Node stays out of sight of this package. */
declare module 'node:worker_threads' {
  export class Worker {
    constructor(script: { readonly href: string }, options?: { readonly workerData?: unknown });
    on(event: 'message', listener: (message: any) => void): this;
    on(event: 'error', listener: (error: unknown) => void): this;
    on(event: 'exit', listener: (code: number) => void): this;
    postMessage(message: unknown): void;
    ref(): void;
    unref(): void;
  }
  export const workerData: unknown;
  export const parentPort: {
    on(event: 'message', listener: (message: any) => void): void;
    postMessage(message: unknown): void;
    close(): void;
  } | null;
}
