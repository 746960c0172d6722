/** IndexedDB in a real Chromium: from a cold start to the first result. */
import { fileURLToPath } from 'node:url';
import { openChromium } from '../chromium.mjs';
import { median } from '../measure.mjs';
import { printTable } from '../table.mjs';

const STARTS = 5;
const cases = [
  { count: 10_000, limitMs: 300 },
  { count: 100_000, limitMs: 2000 },
];

export async function indexedDb() {
  const browser = await openChromium(fileURLToPath(new URL('./indexed-db-page.mjs', import.meta.url)));
  const rows = [['from opening to the first page of 20 by an index', 'median', 'target', 'reached']];
  for (const { count, limitMs } of cases) {
    const profile = await browser.newProfile();
    await profile.run('fill', count);
    const starts = [];
    for (let start = 0; start < STARTS; start++) starts.push(await profile.run('start'));
    const ms = median(starts);
    rows.push([
      `${count.toLocaleString('en')} rows`,
      `${ms.toFixed(0)} ms`,
      `≤ ${limitMs} ms`,
      ms <= limitMs ? 'yes' : 'NO',
    ]);
    await profile.close();
  }
  await browser.close();
  printTable('IndexedDB in Chromium, without the peers', rows);
}
