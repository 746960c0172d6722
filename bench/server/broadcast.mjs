/** The least that a server can do: hands every frame to every socket. `node broadcast.mjs <port>`. */
import { WebSocketServer } from 'ws';

const sockets = new WebSocketServer({ port: Number(process.argv[2]), perMessageDeflate: false });
sockets.on('connection', (socket) => {
  socket.on('message', (data) => {
    const text = data.toString('utf8');
    for (const client of sockets.clients) client.send(text);
  });
});
sockets.on('listening', () => process.stdout.write('ready\n'));
