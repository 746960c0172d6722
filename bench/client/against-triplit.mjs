/**
 * The complete client beside the published one: live latency without a server, then sync against both servers, cold starts
 * in a browser and bundle sizes. Each figure is the median of runs in fresh processes, the libraries taking turns.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from '../measure.mjs';
import { servers, startServer, tokenOf } from '../server/processes.mjs';
import { RawClient } from '../server/raw-client.mjs';
import { duration, printTable } from '../table.mjs';
import { bundleSizes } from './bundle-sizes.mjs';
import { coldStarts } from './cold-starts.mjs';
import { startCountingProxy } from './counting-proxy.mjs';
import { runClient } from './run-client.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const RUNS = 5;
const ROWS = 10_000;
/** Bytes in proportion to ten changes, not to what is cached: each way, the handshake included. */
const RECONNECT_BYTES = 4 * 1024;
const HEAD = ['workload', 'ours', 'theirs', 'ratio', 'target', 'reached'];

export async function clientAgainstTriplit({ only, oursOnly }) {
  execFileSync(process.execPath, ['tools/ensure-packages.mjs', 'tests/interop'], { cwd: root, stdio: 'inherit' });
  const sides = oursOnly ? ['ours'] : ['ours', 'theirs'];
  const isWanted = (name) => !only || only.some((text) => name.includes(text));
  const groups = { 'live write': liveWrites, burst, 'initial sync': initialSync, reconnect, drain };
  const lines = [HEAD];
  for (const [name, group] of Object.entries(groups)) if (isWanted(name)) lines.push(...(await group(sides)));
  if (isWanted('cold start')) lines.push(...(await coldStarts({ sides, count: ROWS, fill, line })));
  if (isWanted('bundle')) lines.push(...(await bundleSizes({ sides, line })));
  printTable('Client against @triplit/client 1.0.50', lines);
}

async function liveWrites(sides) {
  const lines = [];
  for (const query of ['ordered', 'all']) {
    const figures = await alternate(sides, (side) => runClient(side, 'liveWrite', { query }));
    const title = query === 'all' ? 'live write, all of 1,000 rows' : 'live write, order, limit 20';
    lines.push(
      line(`${title}: p50`, figures, 'p50', { show: milliseconds, atMost: 1 }),
      line('  p99', figures, 'p99', { show: milliseconds }),
      line('  CPU', figures, 'cpuUs', { show: duration }),
    );
  }
  return lines;
}

async function burst(sides) {
  const figures = await alternate(sides, (side) => runClient(side, 'burst'));
  return [
    line('burst of 100 inserts: to the last callback', figures, 'ms', { show: milliseconds }),
    line('  callbacks', figures, 'calls', { show: String }),
    line('  CPU', figures, 'cpuUs', { show: duration }),
  ];
}

async function initialSync(sides) {
  return onServers(sides, async (server, name) => {
    await fill(server);
    const settings = { serverUrl: urlOf(server), count: ROWS };
    const run = async (side, i) => {
      const token = await tokenOf({ sub: `${side}-${i}` });
      if (side === 'least') return runClient('ours', 'receiveOnly', { ...settings, token });
      return runClient(side, 'initialSync', { ...settings, token });
    };
    // Warms the server up.
    await run('least', 'first');
    const { least, ...figures } = await alternate(['least', ...sides], run);
    return [
      line(`initial sync of 10k rows, ${name}: time`, figures, 'ms', { show: milliseconds, atLeast: 4 }),
      line('  CPU of the client', figures, 'cpuUs', { show: duration, atLeast: 4 }),
      line('  the least, receiving and parsing: time', { ours: least }, 'ms', { show: milliseconds }),
      line('  the least: CPU', { ours: least }, 'cpuUs', { show: duration }),
    ];
  });
}

async function reconnect(sides) {
  return onServers(sides, async (server, name) => {
    const writer = await fill(server);
    const proxy = await startCountingProxy(server.port);
    let changes = 0;
    const answer = async (what) => {
      if (what === 'bytes') return { ...proxy.bytes };
      const text = `changed ${++changes}`;
      await writer.write(Array.from({ length: 10 }, (_, i) => ({ ...row(i * 1_000), text })));
      proxy.reset();
      return { text };
    };
    const figures = await alternate(sides, async (side, run) => {
      const token = await tokenOf({ sub: `${side}-${run}` });
      return runClient(side, 'reconnect', { serverUrl: proxy.url, token, count: ROWS, answer });
    });
    proxy.close();
    return [
      line(`reconnect, 10 changes to 10k rows, ${name}: time`, figures, 'ms', { show: milliseconds, atMost: 100 }),
      line('  CPU of the client', figures, 'cpuUs', { show: duration }),
      line('  bytes sent', figures, 'sent', { show: kilobytes, atMost: RECONNECT_BYTES }),
      line('  bytes received', figures, 'received', { show: kilobytes, atMost: RECONNECT_BYTES }),
    ];
  });
}

async function drain(sides) {
  return onServers(sides, async (server, name) => {
    const figures = await alternate(sides, async (side, run) => {
      const prefix = `${side}-${run}`;
      const token = await tokenOf({ sub: prefix });
      return runClient(side, 'drain', { serverUrl: urlOf(server), token, prefix });
    });
    return [
      line(`drain of 1,000 offline inserts, ${name}: time`, figures, 'ms', { show: milliseconds, atMost: 1_000 }),
      line('  CPU of the client', figures, 'cpuUs', { show: duration }),
      line('  CHANGES messages', figures, 'messages', { show: String }),
      line('  making them, awaited one by one', figures, 'offlineMs', { show: milliseconds }),
    ];
  });
}

/** `{ ours, theirs }`: the median of each figure over the runs. */
async function alternate(sides, run) {
  const results = Object.fromEntries(sides.map((side) => [side, []]));
  for (let i = 0; i < RUNS; i++) for (const side of sides) results[side].push(await run(side, i));
  const medians = (list) =>
    Object.fromEntries(Object.keys(list[0]).map((key) => [key, median(list.map((figures) => figures[key]))]));
  return Object.fromEntries(sides.map((side) => [side, medians(results[side])]));
}

/** The same against our server and, unless only ours are wanted, theirs. */
async function onServers(sides, measure) {
  const lines = [];
  for (const side of sides) {
    const server = await startServer(servers[side]);
    try {
      lines.push(...(await measure(server, side === 'ours' ? 'our server' : 'their server')));
    } finally {
      await server.stop();
    }
  }
  return lines;
}

const urlOf = ({ port }) => `http://127.0.0.1:${port}`;

const row = (n) => ({
  id: `t${String(n).padStart(5, '0')}`,
  text: `the text of ${n}`,
  room: 'r',
  owner: 'o',
  n,
});

/** Gives the server its rows; returns the connection that wrote them. */
async function fill(server) {
  const writer = await RawClient.connect(server.port, 'writer');
  for (let first = 0; first < ROWS; first += 500)
    await writer.write(Array.from({ length: 500 }, (_, i) => row(first + i)));
  return writer;
}

const milliseconds = (ms) => duration(ms * 1000);
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} kB`;

/** `atLeast`: the ratio theirs / ours; `atMost`: our figure. */
function line(name, { ours, theirs }, key, { show, atLeast, atMost }) {
  const ratio = theirs && theirs[key] / ours[key];
  const isReached = atMost === undefined ? ratio >= atLeast : ours[key] <= atMost;
  const hasTarget = atMost !== undefined || (atLeast !== undefined && ratio !== undefined);
  return [
    name,
    show(ours[key]),
    theirs ? show(theirs[key]) : '',
    ratio === undefined ? '' : `${ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(1)}×`,
    atMost !== undefined ? `≤ ${show(atMost)}` : atLeast !== undefined ? `≥ ${atLeast}×` : '',
    hasTarget ? (isReached ? 'yes' : 'NO') : '',
  ];
}
