/**
 * Finds a Chromium for the browser tests, or installs one. As a script it prints the path that it settled on; as a
 * module, `findBrowser()` only looks and never installs.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const commands = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];
const macApplications = ['Google Chrome', 'Chromium', 'Microsoft Edge'];
const playwrightCli = fileURLToPath(new URL('../node_modules/playwright-core/cli.js', import.meta.url));
const INSTALL_TIMEOUT_MS = 10 * 60_000;

/** Path of a Chromium that can be started, or undefined. `CHROME_PATH` wins over everything else. */
export function findBrowser() {
  const wanted = process.env.CHROME_PATH;
  if (wanted) {
    if (isExecutable(wanted)) return wanted;
    throw new Error(`CHROME_PATH is set to ${wanted}, which is not a program. Correct it or unset it.`);
  }
  return [...candidatePaths()].find(isExecutable);
}

function* candidatePaths() {
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    for (const command of commands) yield join(folder, command);
  }
  if (process.platform === 'darwin') {
    for (const name of macApplications) {
      for (const root of ['/', homedir()]) yield join(root, 'Applications', `${name}.app`, 'Contents', 'MacOS', name);
    }
  }
  if (process.platform === 'win32') {
    for (const root of [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]) {
      if (!root) continue;
      yield join(root, 'Google', 'Chrome', 'Application', 'chrome.exe');
      yield join(root, 'Microsoft', 'Edge', 'Application', 'msedge.exe');
    }
  }
  yield chromium.executablePath();
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function installBrowser() {
  if (existsSync('/etc/debian_version') && process.getuid?.() === 0) {
    console.log('No Chromium found. Installing the one of Debian (apt-get install chromium) …');
    const updated = run('apt-get', ['update', '-q']);
    if (updated && run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium'])) return;
    console.log('apt-get could not install it. Trying the one of Playwright …');
  } else {
    console.log('No Chromium found. Installing the one of Playwright (about 150 MB) …');
  }
  run(process.execPath, [playwrightCli, 'install', 'chromium']);
}

function run(command, parameters) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync(command, parameters, { stdio: 'inherit', timeout: INSTALL_TIMEOUT_MS, env });
  return status === 0;
}

function main() {
  if (!findBrowser()) installBrowser();
  const path = findBrowser();
  if (path) return console.log(`Chromium: ${path}`);
  console.error(
    'The browser tests need a Chromium and none could be installed. Install Chromium or Chrome yourself, ' +
      'or set CHROME_PATH to the program, then run the tests again.',
  );
  process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
