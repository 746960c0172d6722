/** The sync protocol over a raw socket, as little of it as the workloads need, so that the clients cost next to nothing. */
import { WebSocket } from 'ws';
import { tokenOf } from './processes.mjs';

export class RawClient {
  #socket;
  #waiting = [];
  /** Called with the text of each frame that brings data. */
  onData = () => undefined;

  static async connect(port, name) {
    const client = new RawClient();
    const token = await tokenOf({ sub: name });
    client.#socket = new WebSocket(`ws://127.0.0.1:${port}/?sync-schema=false&token=${token}`, {
      perMessageDeflate: false,
    });
    client.#socket.on('message', (data) => client.#receive(data.toString('latin1')));
    client.#socket.on('error', () => undefined);
    await client.#next('{"type":"READY"');
    return client;
  }

  /** Settles with the first data for the query. */
  query(id, params) {
    this.#socket.send(JSON.stringify({ type: 'CONNECT_QUERY', payload: { id, params } }));
    return this.#next('{"type":"ENTITY_DATA"');
  }

  /** Settles when the write is acknowledged. */
  write(rows, collection = 'todos') {
    const json = { [collection]: { sets: rows.map((row) => [row.id, row]), deletes: [] } };
    const meta = { values: { [`${collection}.sets`]: ['map'], [`${collection}.deletes`]: ['set'] }, v: 1 };
    this.#socket.send(JSON.stringify({ type: 'CHANGES', payload: { changes: { json, meta } } }));
    return this.#next('{"type":"CHANGES_ACK"');
  }

  close() {
    this.#socket.terminate();
  }

  #next(prefix) {
    return new Promise((resolve) => this.#waiting.push({ prefix, resolve }));
  }

  #receive(frame) {
    if (frame.startsWith('{"type":"ENTITY_DATA"')) this.onData(frame);
    else if (frame.startsWith('{"type":"ERROR"') || frame.startsWith('{"type":"CLOSE"')) throw new Error(frame);
    const index = this.#waiting.findIndex(({ prefix }) => frame.startsWith(prefix));
    if (index >= 0) this.#waiting.splice(index, 1)[0].resolve(frame);
  }
}
