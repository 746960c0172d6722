/** The few web globals that the core uses. Anything else (process, Buffer, document) must fail to compile. */
declare function setTimeout(handler: () => void, timeoutMs?: number): number;
declare function clearTimeout(timer: number): void;
declare function queueMicrotask(callback: () => void): void;
declare function btoa(binary: string): string;
declare function atob(base64: string): string;
declare const console: {
  log(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
};
declare const crypto: { getRandomValues<T extends Uint8Array>(array: T): T; randomUUID(): string };
declare const performance: { now(): number };
declare function structuredClone<T>(value: T): T;
declare class URL {
  constructor(url: string, base?: string);
  readonly href: string;
}
interface ImportMeta {
  readonly url: string;
}
