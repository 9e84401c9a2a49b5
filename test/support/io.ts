import { Readable } from 'node:stream';
import type { Io } from '../../cli/io.js';
import { systemClock } from '../../lib/clock.js';

/** The world of a command that says nothing and is told nothing, with what a test wants otherwise. */
export const ioWith = (over: Partial<Io> = {}): Io => ({
  out: () => undefined,
  err: () => undefined,
  drained: () => Promise.resolve(),
  input: () => Readable.from([]),
  env: {},
  colour: false,
  clock: systemClock,
  signal: new AbortController().signal,
  user: 'tester',
  ...over,
});
