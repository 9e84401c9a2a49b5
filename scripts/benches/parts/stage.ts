/** One bench's folder and programs, gone again when it ends, however it ends. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fleetCountsSchema, fleetReadySchema, type FleetCommand, type FleetCounts } from './fleet-protocol.js';
import { Program } from './program.js';

export const say = (text: string): void => {
  process.stderr.write(`  .. ${text}\n`);
};

const fleetProgram = fileURLToPath(new URL('fleet.js', import.meta.url));

export interface FleetPlan {
  readonly targets: number;
  readonly intervalMs: number;
  readonly bytes: number;
  /** Each connection is closed after its answer. */
  readonly closes?: boolean;
  /** A command that runs it (taskset). */
  readonly under?: readonly string[];
}

/** The targets, and the Consul that lists them. */
export class FleetHandle {
  constructor(
    readonly program: Program,
    readonly port: number,
    readonly consul: string,
    readonly targets: number,
  ) {}

  async tell(command: FleetCommand): Promise<FleetCounts> {
    return fleetCountsSchema.parse(await this.program.ask(command));
  }

  /** Until every target was asked at least once by the program that was started last. */
  async reached(program: Program, intervalMs: number, signal: AbortSignal): Promise<void> {
    const patienceMs = 30_000 + 4 * intervalMs;
    await this.tell({ kind: 'reset', intervalMs });
    for (let waited = 0; waited < patienceMs; waited += 250) {
      await delay(250, undefined, { signal });
      program.check();
      if ((await this.tell({ kind: 'count' })).served >= this.targets) return;
    }
    throw new Error(`after ${patienceMs / 1000} s not every target was asked:\n${program.lastWords()}`);
  }
}

export class Stage {
  readonly #programs: Program[] = [];

  constructor(
    readonly folder: string,
    readonly signal: AbortSignal,
  ) {}

  start(name: string, command: readonly string[], ipc = false): Program {
    const program = new Program({ name, command, ipc, log: join(this.folder, `${name}.log`) });
    this.#programs.push(program);
    return program;
  }

  async startFleet({ targets, intervalMs, bytes, closes = false, under = [] }: FleetPlan): Promise<FleetHandle> {
    const numbers = [targets, intervalMs, bytes, Number(closes)].map(String);
    const program = this.start('fleet', [...under, process.execPath, fleetProgram, ...numbers], true);
    const { port, consul } = fleetReadySchema.parse(await program.next());
    return new FleetHandle(program, port, `http://127.0.0.1:${consul}`, targets);
  }

  async wait(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.signal });
    for (const program of this.#programs) if (program.running) program.check();
  }

  async clear(): Promise<void> {
    for (const program of [...this.#programs].reverse()) await program.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Runs a bench; Ctrl-C ends it and all that it started. */
export const onStage = async (bench: (stage: Stage) => Promise<void>): Promise<void> => {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort(new Error(name)));
  const stage = new Stage(await mkdtemp(join(tmpdir(), 'ballast-bench-')), stop.signal);
  try {
    await bench(stage);
  } catch (error) {
    process.stderr.write(`scripts/bench: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    await stage.clear();
  }
};
