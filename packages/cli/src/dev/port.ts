/** Whether a port can be listened on, asked before anything is opened, so that a busy port is one sentence. */
import { createServer } from 'node:net';
import { CliFailure } from '../cli-failure.ts';

export const DEFAULT_PORT = 6543;

/** `localhost` is taken as IPv4 loopback, which every client tries; the name alone would pick one family by chance. */
export function listenAddress(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

/** Whether only this machine can reach the address. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** Reads a port number; empty and 0 stand for the default. */
export function readPort(text: string): number {
  const port = text === '' ? DEFAULT_PORT : Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new CliFailure(`--dbPort ${JSON.stringify(text)} is not a port: use a number from 1 to 65535.`);
  }
  return port || DEFAULT_PORT;
}

/** Throws `CliFailure` when the port is taken or may not be used. */
export async function assertPortIsFree(port: number, host: string): Promise<void> {
  const code = await new Promise<string | undefined>((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
  if (code === undefined) return;
  if (code === 'EADDRINUSE') {
    throw new CliFailure(
      `Port ${port} is in use, probably by another \`triplit dev\`. Stop that one, or choose another port with --dbPort.`,
    );
  }
  if (code === 'EACCES')
    throw new CliFailure(`This user may not listen on port ${port}. Choose one above 1023 with --dbPort.`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    throw new CliFailure(
      `${host} is not an address of this machine. Use --host localhost, or --host 0.0.0.0 for the whole network.`,
    );
  }
  throw new CliFailure(
    `Listening on ${host}:${port} failed (${code}). Choose another port with --dbPort or address with --host.`,
  );
}
