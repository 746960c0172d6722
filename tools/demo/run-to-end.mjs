/** Runs a command that ends by itself and shows its output only if it fails. */
import { spawn } from 'node:child_process';

export function runToEnd(command, parameters, folder) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { cwd: folder, shell: process.platform === 'win32' });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.once('error', (error) => reject(new Error(`\`${command}\` could not be started: ${error.message}`)));
    child.once('close', (code, signal) => {
      if (code === 0) return resolve();
      const text = Buffer.concat(output).toString().trim();
      reject(
        new Error(`${text}\n\n\`${[command, ...parameters].join(' ')}\` failed (${signal ?? `exit code ${code}`}).`),
      );
    });
  });
}
