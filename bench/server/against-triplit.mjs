/** Workloads over raw sockets, in processes of their own, beside the published server and a bare broadcast. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { duration, printTable } from '../table.mjs';
import { servers, startServer } from './processes.mjs';
import * as workloads from './workloads.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

async function on(name, workload, options) {
  const server = await startServer(servers[name]);
  try {
    return await workload(server, options);
  } finally {
    await server.stop();
  }
}

const kilobytes = (bytes) => (bytes === undefined ? '' : `${(bytes / 1024).toFixed(0)} kB`);
const milliseconds = (ms) => (ms === undefined ? '' : `${ms.toFixed(1)} ms`);
const times = (ratio) => `${ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(1)}×`;

/** The ratio is theirs / ours, for which `atLeast` is to be reached; with `isCost` or `atMost` it is ours / theirs. */
function line(name, ours, theirs, { atLeast, atMost, isCost = atMost !== undefined, of = 'cpuUs' }) {
  const ratio = theirs && (isCost ? ours[of] / theirs[of] : theirs[of] / ours[of]);
  const isReached = atLeast ? ratio >= atLeast : ratio <= atMost;
  return [
    name,
    duration(ours.cpuUs),
    duration(theirs?.cpuUs),
    milliseconds(ours.p50),
    milliseconds(theirs?.p50),
    kilobytes(ours.rssBytes),
    kilobytes(theirs?.rssBytes),
    ratio === undefined ? '' : times(ratio),
    atLeast ? `≥ ${atLeast}×` : atMost ? `≤ ${atMost}×` : '',
    ratio === undefined || !(atLeast ?? atMost) ? '' : isReached ? 'yes' : 'NO',
  ];
}

const HEAD = [
  'workload',
  'CPU ours',
  'CPU theirs',
  'p50 ours',
  'p50 theirs',
  'memory ours',
  'memory theirs',
  'ratio',
  'target',
  'reached',
];

export async function serverAgainstTriplit({ only, oursOnly }) {
  execFileSync(process.execPath, ['tools/ensure-packages.mjs', 'tests/interop'], { cwd: root, stdio: 'inherit' });
  const {
    ackedWrites,
    warmAckedWrites,
    bulk,
    warmBulk,
    initialSync,
    warmInitialSync,
    room,
    bigResult,
    broadcast,
    ownFilters,
    warmOwnFilters,
    ownRooms,
    relay,
    idleConnections,
    idleSockets,
  } = workloads;
  const triplit = [
    ['acked write, 20 connections, fresh server', ackedWrites, 5],
    ['acked write, 20 connections, warm server', warmAckedWrites, 5],
    ['10k rows in 20 batches, fresh server', bulk, 4],
    ['10k rows in 20 batches, warm server', warmBulk, 4],
    ['initial sync of 10k rows, fresh server', initialSync, 4],
    ['initial sync of 10k rows, warm server', warmInitialSync, 4],
    ['delivery in a room of 100', room],
    ['delivery of a 10k-row result to 20', bigResult, 1_000],
    ['write beside 1,000 own filters, fresh server', ownFilters, 30],
    ['write beside 1,000 own filters, warm server', warmOwnFilters, 30],
    ['write beside 1,000 members of own rooms', ownRooms],
  ].filter(([name]) => !only || only.some((text) => name.includes(text)));
  const lines = [HEAD];
  for (const [name, workload, atLeast] of triplit) {
    const ours = await on('ours', workload);
    const theirs = oursOnly ? undefined : await on('theirs', workload);
    lines.push(line(name, ours, theirs, { atLeast }));
    if (workload === ackedWrites || workload === warmAckedWrites)
      lines.push(line('  beside a bare echo', ours, await on('echo', workload), { isCost: true }));
    if (workload === room)
      lines.push(line('  beside a bare broadcast', ours, await on('broadcast', broadcast), { atMost: 2.5 }));
    if (workload === ownFilters || workload === warmOwnFilters || workload === ownRooms)
      lines.push(line('  beside a bare relay', ours, await on('broadcast', relay), { isCost: true }));
    if (workload === ownFilters) {
      const many = await on('ours', ownFilters, { queriesEach: 10 });
      lines.push(line('  10,000 filters beside 1,000', many, ours, { atMost: 1.5 }));
    }
  }
  if (!only || only.includes('lmdb')) {
    const many = { connections: 50, each: 40 };
    const [durable, memory] = [await on('ours on LMDB', ackedWrites, many), await on('ours', ackedWrites, many)];
    lines.push(line('durable write, 50 connections, beside memory', durable, memory, { atMost: 2, of: 'elapsedMs' }));
  }
  if (!only || only.includes('idle')) {
    const many = { clients: 5_000 };
    const [ours, bare] = [await on('ours', idleConnections, many), await on('broadcast', idleSockets, many)];
    lines.push(line('5,000 idle connections with a query, each', ours, bare, { of: 'rssBytes', isCost: true }));
    console.log(
      `\nAn idle connection with one query takes ${kilobytes(ours.rssBytes - bare.rssBytes)} above a bare socket (to reach: ≤ 25 kB).`,
    );
  }
  printTable('Server: CPU per operation of the server process, latency at the client, memory', lines);
}
