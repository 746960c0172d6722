/** The complete clients in a real Chromium: from the constructor to the first live result, out of IndexedDB. */
import { fileURLToPath } from 'node:url';
import { openChromium } from '../chromium.mjs';
import { median } from '../measure.mjs';
import { servers, startServer, tokenOf } from '../server/processes.mjs';
import { duration } from '../table.mjs';
import { clients } from './run-client.mjs';

const STARTS = 7;
const page = fileURLToPath(new URL('./cold-start-page.mjs', import.meta.url));
const milliseconds = (ms) => duration(ms * 1000);

/** Both have their rows from our server. `fill` gives it `count` rows, `line` makes a row of the table. */
export async function coldStarts({ sides, count, fill, line }) {
  const server = await startServer(servers.ours);
  const browsers = {};
  const profiles = {};
  try {
    await fill(server);
    for (const side of sides) {
      browsers[side] = await openChromium(page, { alias: { client: clients[side] } });
      profiles[side] = await browsers[side].newProfile();
      await profiles[side].run('fill', `http://127.0.0.1:${server.port}`, await tokenOf({ sub: 'reader' }), count);
    }
    const figures = Object.fromEntries(sides.map((side) => [side, {}]));
    for (const [query, expected] of [
      ['ordered', 20],
      ['all', count],
    ]) {
      const starts = Object.fromEntries(sides.map((side) => [side, []]));
      for (let start = 0; start < STARTS; start++)
        for (const side of sides) starts[side].push(await profiles[side].run('start', query, expected));
      for (const side of sides) figures[side][query] = median(starts[side]);
    }
    return [
      line('cold start, 10k rows in IndexedDB: order, limit 20', figures, 'ordered', {
        show: milliseconds,
        atMost: 300,
      }),
      line('  all of them', figures, 'all', { show: milliseconds }),
    ];
  } finally {
    for (const browser of Object.values(browsers)) await browser.close();
    await server.stop();
  }
}
