import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

const running = new Set<Program>();
process.on('exit', () => {
  for (const program of running) program.signal('SIGKILL');
});

/** A real program that a test starts, kills, stops, wakes and starts again. It never outlives this process. */
export class Program {
  private child: ChildProcess | null = null;

  constructor(
    readonly name: string,
    private readonly binary: string,
    private readonly words: readonly string[],
    private readonly logFile: string,
  ) {}

  start(): this {
    if (this.runs) throw new Error(`${this.name} runs already`);
    const log = openSync(this.logFile, 'a');
    this.child = spawn(this.binary, [...this.words], { stdio: ['ignore', log, log] });
    closeSync(log);
    running.add(this);
    this.child.once('exit', () => running.delete(this));
    return this;
  }

  get runs(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** At once, without waiting for anything. */
  signal(name: NodeJS.Signals): void {
    if (!this.child?.kill(name)) throw new Error(`${this.name} cannot be sent ${name}: it does not run`);
  }

  /** Resolves when it is gone. */
  async end(name: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (!child || !this.runs) return;
    const gone = once(child, 'exit');
    child.kill(name);
    // One that was stopped hears nothing else.
    child.kill('SIGCONT');
    await gone;
  }

  /** Resolves with its exit status when it has ended by itself. */
  async over(): Promise<number | null> {
    const { child } = this;
    if (child && this.runs) await once(child, 'exit');
    return child?.exitCode ?? null;
  }

  /** The end of its log, for the message of a failure. */
  lastWords(): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
  }
}
