/** A real Chromium for the browser tests. Every context it opens is one person's browser; pages log their errors. */
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { findBrowser } from '../../../tools/ensure-browser.mjs';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function launchChromium(): Promise<Browser> {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error('No Chromium was found. Run `node tools/ensure-browser.mjs` first.');
  return chromium.launch({ executablePath, headless: true, args: flags });
}
