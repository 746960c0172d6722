/**
 * Starts one server in this process: `node serve.mjs <module> <options as JSON>`, where the module exports
 * `createServer`. Prints `ready` when it listens.
 */
const [module, json] = process.argv.slice(2);
const { port, ...options } = JSON.parse(json);
const silent = { log: () => undefined, startSpan: () => ({}), endSpan: () => undefined, recordMetric: () => undefined };

const { createServer } = await import(module);
const startServer = await createServer({ ...options, logHandler: silent });
await startServer(port, () => undefined);
for (let attempt = 0; attempt < 200; attempt++) {
  if (
    await fetch(`http://localhost:${port}/healthcheck`).then(
      (reply) => reply.ok,
      () => false,
    )
  )
    break;
  await new Promise((resolve) => setTimeout(resolve, 25));
}
process.stdout.write('ready\n');
