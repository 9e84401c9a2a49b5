#!/usr/bin/env node
import { once } from 'node:events';
import { hostname, userInfo } from 'node:os';
import { systemClock } from '../lib/clock.js';
import { endWithTheReader } from '../lib/command-line.js';
import type { Io } from './io.js';
import { run } from './run.js';

const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    ending.abort();
  });
}

endWithTheReader();

const user = (): string => {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // a container's user may have no name
    return `uid ${process.getuid?.() ?? 'unknown'}@${hostname()}`;
  }
};

const noColour = process.env['NO_COLOR'];
const io: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  drained: async () => {
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
  },
  input: () => process.stdin,
  env: process.env,
  colour: process.stdout.isTTY && (noColour === undefined || noColour === ''),
  terminal: process.stderr.isTTY,
  clock: systemClock,
  signal: ending.signal,
  onHangup: (listener) => void process.on('SIGHUP', listener),
  user: user(),
};

process.exitCode = await run(process.argv.slice(2), io);
