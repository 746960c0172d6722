/** The process behind the `triplit` binary: loads the environment files, runs the command line, sets the exit code. */
import { CliFailure, explanationOf, isFailureWithAdvice } from './cli-failure.ts';
import { loadEnvironmentFiles } from './environment.ts';
import { printError } from './output.ts';
import { runCommandLine } from './run-command-line.ts';

loadEnvironmentFiles(process.cwd(), process.env);
try {
  await runCommandLine(process.argv.slice(2));
} catch (error) {
  reportAndExit(error);
}

function reportAndExit(error: unknown): never {
  if (error instanceof CliFailure) {
    printError(error.message);
    process.exit(error.exitCode);
  }
  printError(
    isFailureWithAdvice(error)
      ? explanationOf(error)
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error),
  );
  process.exit(1);
}
