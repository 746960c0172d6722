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

/** What an error says, of this process or as a server answered it. Errors of no kind of their own are named by nothing. */
export function explanationOf(error: { message: string; baseMessage?: unknown; contextMessage?: unknown }): string {
  const { message, baseMessage, contextMessage } = error;
  return baseMessage === 'Triplit Error' && typeof contextMessage === 'string' ? contextMessage : message;
}
