/** `node dist/main.js [--port 6544] [--origin http://localhost:5173]`: the stand-in by itself, until Ctrl-C. */
import { parseArgs } from 'node:util';
import { startClerkStandIn } from './stand-in-server.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '6544' },
    origin: { type: 'string', default: 'http://localhost:5173' },
    state: { type: 'string' },
  },
});

const server = await startClerkStandIn({ origin: values.origin, port: Number(values.port), stateFile: values.state });
console.log(`Local stand-in of Clerk, for development only: ${server.url}`);
console.log(`It serves the app at ${values.origin}. For the .env of that app:\n`);
console.log(`TRIPLIT_EXTERNAL_JWT_SECRET=${server.standIn.publicKeyPem.replaceAll('\n', '')}\n`);

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.close());
