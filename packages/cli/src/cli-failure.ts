/** An outcome that ends the command: a message for the person at the keyboard and an exit code, never a stack trace. */
export class CliFailure extends Error {
  readonly exitCode: number;

  /** `message` says what happened, to what, and what to do. It may span lines. */
  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = 'CliFailure';
    this.exitCode = exitCode;
  }
}

/** Errors of the database and the server carry their own explanation (`toJSON` with a status); a stack adds nothing. */
export function isFailureWithAdvice(error: unknown): error is Error {
  return error instanceof Error && 'status' in error && typeof error.status === 'number';
}
