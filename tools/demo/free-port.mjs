/** Ports: the wanted one when nobody listens there, otherwise any free one. */
import { connect, createServer } from 'node:net';

const CONNECT_TIMEOUT_MS = 300;

export async function takeFreePort(wanted) {
  if (wanted !== undefined && (await canListen(wanted)) && !(await isAnswered(wanted))) return wanted;
  return anyFreePort();
}

function canListen(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Some systems let two programs listen on one port, at different addresses; a browser would reach either. */
function isAnswered(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost', timeout: CONNECT_TIMEOUT_MS });
    const answer = (answered) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}

function anyFreePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
