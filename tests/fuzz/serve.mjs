/**
 * The server that is fuzzed over the network, as a process of its own: options as JSON in `FUZZ_OPTIONS`. It says `{ port }`
 * and each fault that it logs to the process that started it, and how it is when asked with `state`. What nobody catches
 * ends it.
 */
import { createServer } from '@triplit/server';

const logHandler = {
  log: (record) => {
    if (record.level === 'ERROR' || record.level === 'FATAL')
      process.send({ fault: `${record.message} ${JSON.stringify(record.attributes ?? {})}` });
  },
  startSpan: () => ({}),
  endSpan: () => undefined,
  recordMetric: () => undefined,
};

const startServer = await createServer({ ...JSON.parse(process.env.FUZZ_OPTIONS), host: '127.0.0.1', logHandler });
const running = startServer(0);
await running.listening;
process.on('message', () => {
  globalThis.gc();
  process.send({ state: { connections: running.server.connections.count, heap: process.memoryUsage().heapUsed } });
});
process.on('disconnect', () => process.exit());
process.send({ port: running.port });
