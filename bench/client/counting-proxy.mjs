/** A TCP proxy that counts what passes, the frames of the WebSocket and its handshake included. */
import { connect, createServer } from 'node:net';

/** `{ url, bytes: { sent, received }, reset(), close() }`, as the client sees it. */
export async function startCountingProxy(targetPort) {
  const bytes = { sent: 0, received: 0 };
  const sockets = new Set();
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
    }
    client.on('data', (data) => (bytes.sent += data.length));
    upstream.on('data', (data) => (bytes.received += data.length));
    client.pipe(upstream).pipe(client);
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    bytes,
    reset: () => Object.assign(bytes, { sent: 0, received: 0 }),
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
