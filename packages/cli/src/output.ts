/** Everything the commands print. Results go to stdout, remarks and failures to stderr, so that output can be piped. */
import colors from 'picocolors';

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

export function printSuccess(line: string): void {
  process.stdout.write(`${colors.green('✔')} ${line}\n`);
}

export function printInfo(line: string): void {
  process.stderr.write(`${colors.blue('ℹ')} ${line}\n`);
}

export function printWarning(line: string): void {
  process.stderr.write(`${colors.yellow('⚠')} ${colors.yellow(line)}\n`);
}

export function printError(line: string): void {
  process.stderr.write(`${colors.red('✖')} ${colors.red(line)}\n`);
}
