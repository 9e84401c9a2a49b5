import type { Context, Suite } from 'mocha';

/** The real parts that some tests need. */
export type Part = 'consul' | 'nginx' | 'docker' | 'node-exporter' | 'prometheus' | 'haproxy';

/** Whether the person who runs the tests said, by `BALLAST_SKIP=docker,nginx`, that a part cannot be had here. */
export const isSkipped = (part: Part, list: string | undefined = process.env['BALLAST_SKIP']): boolean =>
  (list ?? '').split(',').includes(part);

/**
 * For a `before` hook: `before(function () { needs(this, 'docker'); })`. Skips the tests of a part that was named in
 * `BALLAST_SKIP`; a part that is merely missing must make them fail.
 */
export const needs = (context: Context, ...parts: readonly Part[]): void => {
  if (parts.some((part) => isSkipped(part))) context.skip();
};

/** A `describe` all of whose tests need a part; pending as a whole where that part was named in `BALLAST_SKIP`. */
export const describeWith = (part: Part, title: string, body: (this: Suite) => void): void => {
  (isSkipped(part) ? describe.skip : describe)(title, body);
};
