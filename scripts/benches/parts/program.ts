/** Programs that a bench starts and stops again: these and no others. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const stopWithinMs = 20_000;

/** Clock ticks per second in /proc; 100 on every Linux that Debian ships. */
const ticks = 100;

export interface ProgramOptions {
  readonly name: string;
  readonly command: readonly string[];
  /** Its output. */
  readonly log: string;
  readonly ipc?: boolean;
}

export class Program {
  readonly #name: string;
  readonly #log: string;
  readonly #process: ChildProcess;

  constructor({ name, command: [binary = '', ...words], log, ipc = false }: ProgramOptions) {
    this.#name = name;
    this.#log = log;
    const to = openSync(log, 'a');
    this.#process = spawn(binary, words, { stdio: ['ignore', to, to, ...(ipc ? ['ipc' as const] : [])] });
    closeSync(to);
    this.#process.on('error', () => undefined);
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null && this.#process.pid !== undefined;
  }

  /** Throws with the end of its output if it runs no more. */
  check(): void {
    if (!this.running) throw new Error(`${this.#name} ended by itself:\n${this.lastWords()}`);
  }

  lastWords(): string {
    return readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
  }

  /** User and system time of the process so far, in seconds, with all its threads. */
  cpuSeconds(): number {
    this.check();
    const stat = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticks;
  }

  /** Resident set in KiB. */
  rssKb(): number {
    this.check();
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? NaN);
  }

  /** Sends a message over the IPC channel and resolves with the next one that comes back. */
  async ask(message: object): Promise<unknown> {
    this.check();
    const answer = this.next();
    this.#process.send(message);
    return answer;
  }

  async next(): Promise<unknown> {
    const ended = new AbortController();
    const gone = once(this.#process, 'exit', { signal: ended.signal }).then(() => this.check());
    gone.catch(() => undefined);
    const message = once(this.#process, 'message', { signal: ended.signal }).then(([first]: unknown[]) => first);
    message.catch(() => undefined);
    const first: unknown = await Promise.race([message, gone]);
    ended.abort();
    return first;
  }

  async stop(): Promise<void> {
    if (!this.running) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const late = new AbortController();
    const killed = delay(stopWithinMs, undefined, { signal: late.signal }).then(
      () => this.#process.kill('SIGKILL'),
      () => undefined,
    );
    await ended;
    late.abort();
    await killed;
  }
}
