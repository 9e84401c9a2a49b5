export interface BallastErrorOptions {
  /** What to do about it, for a person. */
  readonly hint?: string;
  /** The HTTP status that fits, where the error reaches a client. */
  readonly status?: number;
  readonly cause?: unknown;
  /** What else a program may want to know of it: members of the problem that a client is sent. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An error that a person may have to act on: a stable code, a sentence with subject, value and limit, and what to do. */
export class BallastError extends Error {
  override readonly name = 'BallastError';
  readonly hint: string | null;
  readonly status: number | null;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: string,
    message: string,
    options: BallastErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.hint = options.hint ?? null;
    this.status = options.status ?? null;
    this.details = options.details ?? {};
  }
}

/** Whatever was thrown, as an Error. */
export const toError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(typeof thrown === 'string' ? thrown : String(thrown));

/** The sentence of whatever was thrown. Some system errors have an empty message and only a code. */
export const messageOf = (thrown: unknown): string => {
  const error = toError(thrown);
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  if (error.message !== '') return error.message;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
};
