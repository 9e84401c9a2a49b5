/** Programs that the demo starts, each with a log of its own, and stops again: these and no others. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Program {
  readonly name: string;
  readonly binary: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

interface Child {
  readonly name: string;
  readonly process: ChildProcess;
}

const stopWithinMs = 10_000;
const logTail = 12;

export class Children {
  private readonly running: Child[] = [];
  private stopping = false;

  constructor(
    private readonly state: string,
    /** Called when a program ends that was not told to. */
    private readonly onEnd: (text: string) => void,
  ) {}

  start({ name, binary, arguments: words, environment = {} }: Program): void {
    const log = openSync(this.logOf(name), 'a');
    // A process group of its own: a Ctrl-C in the terminal reaches only us, and we stop them in order.
    const process_ = spawn(binary, [...words], {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...environment },
    });
    closeSync(log);
    const child = { name, process: process_ };
    this.running.push(child);
    const ended = (how: string): void => {
      this.running.splice(this.running.indexOf(child), 1);
      if (this.stopping) return;
      this.onEnd(`${name} ended by itself (${how}); its log ${this.logOf(name)} ends:\n${this.lastWords(name)}`);
    };
    process_.once('error', (error) => ended(error.message));
    process_.once('exit', (status, signal) => ended(signal ?? `exit ${status}`));
  }

  logOf(name: string): string {
    return join(this.state, `${name}.log`);
  }

  /** The end of a program's log, for the message that it has ended. */
  private lastWords(name: string): string {
    return readFileSync(this.logOf(name), 'utf8').trimEnd().split('\n').slice(-logTail).join('\n');
  }

  async stop(name: string): Promise<void> {
    const child = this.running.find((one) => one.name === name);
    if (!child) return;
    const ended = once(child.process, 'exit');
    child.process.kill('SIGTERM');
    const late = new AbortController();
    const killed = delay(stopWithinMs, undefined, { signal: late.signal }).then(
      () => child.process.kill('SIGKILL'),
      () => undefined,
    );
    await ended;
    late.abort();
    await killed;
  }

  /** The last started first. */
  async stopAll(): Promise<void> {
    this.stopping = true;
    for (const { name } of [...this.running].reverse()) await this.stop(name);
  }

  /** From here on an end is no surprise. */
  expectEnds(): void {
    this.stopping = true;
  }
}
