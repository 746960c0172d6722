/**
 * The least that a server can do: hands every frame to every socket, or with `echo` back to its own, when it has parsed it.
 * `node broadcast.mjs <port> [echo]`
 */
import { WebSocketServer } from 'ws';

const [, , port, mode] = process.argv;
const sockets = new WebSocketServer({ port: Number(port), perMessageDeflate: false });
const answer = (socket, text) => {
  JSON.parse(text);
  socket.send('{"type":"CHANGES_ACK"}');
};
const broadcast = (_, text) => {
  for (const client of sockets.clients) client.send(text);
};
const handle = mode === 'echo' ? answer : broadcast;
sockets.on('connection', (socket) => {
  if (mode === 'echo') socket.send('{"type":"READY"}');
  socket.on('message', (data) => handle(socket, data.toString('utf8')));
});
sockets.on('listening', () => process.stdout.write('ready\n'));
