import type { Span } from './ast.js';

export interface QueryProblem {
  readonly message: string;
  readonly from: number;
  readonly to: number;
}

/** Carries a problem out of the depths of a query; caught by `parseQuery`. */
export class QueryError extends Error {
  constructor(
    message: string,
    readonly span: Span,
  ) {
    super(message);
  }
}

/** What a query can come to on these series, though it is well formed: duplicates, many-to-many. */
export class EvaluationError extends Error {}

/** So much of a text is repeated where something is wrong with it. */
const quoted = 500;

/** For people: what, where, and the text that it is about, or the begin of a very long one. */
export const problemText = ({ message, from, to }: QueryProblem, text: string): string =>
  `${message} (characters ${from} to ${to} of "${text.length > quoted ? `${text.slice(0, quoted)}…` : text}")`;
