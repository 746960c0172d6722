/** A TCP proxy that is slow at times, falls silent at others, and cuts connections. What it passes on stays in order. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export class ShakyProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How long each piece is held back. */
  delayMs: () => number = () => 0;

  private constructor(targetPort: number) {
    this.#server = createServer((client) => {
      const upstream = connect(targetPort, '127.0.0.1');
      this.#pass(client, upstream);
      this.#pass(upstream, client);
    });
  }

  static async start(targetPort: number): Promise<ShakyProxy> {
    const proxy = new ShakyProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts every connection. What is held back is lost. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    let before = Promise.resolve();
    from.on('data', (data) => {
      const held = this.delayMs();
      before = before.then(async () => {
        if (held > 0) await new Promise((resolve) => setTimeout(resolve, held));
        if (!to.destroyed) to.write(data);
      });
    });
    from.on('error', () => undefined);
    from.once('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
