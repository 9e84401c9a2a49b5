/** Processes of this machine, known by a pid file and restarted by a command of the user's. */
import { readFile, stat } from 'node:fs/promises';
import type { RuntimePolicy } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import type { Identity, Step } from '../client/index.js';
import type { RuntimeFact, StepResult } from '../model.js';
import { readProcess, ticksPerSecond } from '../proc.js';
import { fillArguments, fillPlaces } from './arguments.js';
import { type CommandOptions, runCommand } from './command.js';
import { isOwnAddress } from './host.js';
import {
  notBegun,
  type Place,
  type ReplaceOptions,
  type RuntimeTarget,
  type StepOptions,
  type Tidied,
} from './types.js';

type ExecPolicy = Extract<RuntimePolicy, { kind: 'exec' }>;

/** /proc tells the time of boot in whole seconds. */
const roundingMs = 2_000;
const longestPidFile = 64;

const isMissing = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR');

/** When this machine was booted, on its own clock. */
const bootedAt = async (): Promise<number> =>
  Number(/^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1] ?? 0) * 1000;

export class ExecRuntime implements Place {
  constructor(
    private readonly policy: ExecPolicy,
    private readonly clock: Clock,
  ) {}

  async find({ service, entry }: RuntimeTarget, _signal: AbortSignal): Promise<RuntimeFact> {
    const at = this.clock.now();
    if (!isOwnAddress(entry.node.address)) {
      return { kind: 'none', why: `its node ${entry.node.name} (${entry.node.address}) is not this host`, at };
    }
    const path = fillPlaces(this.policy.pidFile, { instance: entry.id, service, pid: null });
    if (!path.ok) return { kind: 'unreadable', why: `pid file: ${path.why}`, at };
    try {
      return { ...(await this.#read(path.value, entry.id)), at };
    } catch (thrown) {
      if (isMissing(thrown)) return { kind: 'none', why: `there is no pid file ${path.value}`, at };
      return { kind: 'unreadable', why: `pid file ${path.value}: ${messageOf(thrown)}`, at };
    }
  }

  /**
   * The identity is the pid and when it was written down: it stays the same when the process dies, so that "not done yet"
   * and "done" can be told apart. A process that began after that was merely given the pid of one that is gone.
   */
  async #read(path: string, unit: string): Promise<{ kind: 'one'; identity: Identity; running: boolean }> {
    const text = (await readFile(path, 'utf8')).slice(0, longestPidFile).trim();
    const pid = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
    if (pid === null) throw new Error(`it holds ${JSON.stringify(text)}, which is no pid`);
    const [found, boot, { mtimeMs }] = await Promise.all([readProcess(pid), bootedAt(), stat(path)]);
    const startedAt = found ? boot + (found.startTicks / ticksPerSecond) * 1000 : Infinity;
    return {
      kind: 'one',
      identity: { kind: 'exec', unit, pid, startTime: new Date(mtimeMs).toISOString() },
      running: startedAt <= mtimeMs + roundingMs,
    };
  }

  async restart(
    target: RuntimeTarget,
    identity: Identity,
    options: StepOptions,
    signal: AbortSignal,
  ): Promise<StepResult> {
    return this.#perform('restart', this.policy.restart, target, identity, options, signal);
  }

  /** By another command of the user's; what it keeps, and for how long, is its own affair. */
  async replace(
    target: RuntimeTarget,
    identity: Identity,
    options: ReplaceOptions,
    signal: AbortSignal,
  ): Promise<StepResult> {
    const { replace } = this.policy;
    if (replace === null) return { kind: 'failed', text: 'runtime.exec has no replace command' };
    return this.#perform('replace', replace, target, identity, options, signal);
  }

  tidy(): Promise<Tidied> {
    return Promise.resolve({ kind: 'nothing' });
  }

  async #perform(
    step: Step,
    command: readonly string[],
    target: RuntimeTarget,
    identity: Identity,
    { action, graceMs, still, ...more }: StepOptions & Partial<ReplaceOptions>,
    signal: AbortSignal,
  ): Promise<StepResult> {
    if (identity.kind !== 'exec')
      return { kind: 'failed', text: `a ${identity.kind} identity is no process of this machine` };
    const now = await this.find(target, signal);
    signal.throwIfAborted();
    if (now.kind !== 'one') return { kind: 'look-again', text: now.why };
    if (!isSame(now.identity, identity)) return { kind: 'look-again', text: 'another process is the instance now' };
    const { service, entry } = target;
    const filled = fillArguments(command, {
      instance: entry.id,
      service,
      pid: now.running ? identity.pid : null,
    });
    if (!filled.ok) return { kind: 'failed', text: filled.why };
    const env = {
      BALLAST_ACTION: action,
      BALLAST_STEP: step,
      BALLAST_START_NEW_FIRST: String(more.startNewFirst ?? false),
      BALLAST_INSTANCE: entry.id,
      BALLAST_SERVICE: service,
      BALLAST_GRACE_MS: String(graceMs),
      BALLAST_GRACE_SECONDS: String(Math.max(1, Math.ceil(graceMs / 1000))),
    };
    return this.#run(filled.value, env, still, signal);
  }

  async #run(
    command: { readonly program: string; readonly args: readonly string[] },
    env: Readonly<Record<string, string>>,
    still: CommandOptions['still'],
    signal: AbortSignal,
  ): Promise<StepResult> {
    try {
      const { begun, code, text } = await runCommand({ ...command, env, still }, signal);
      signal.throwIfAborted();
      if (!begun) return notBegun;
      if (code === 0) return { kind: 'done', text: text || 'the command ended well' };
      return { kind: 'failed', text: `${command.program} ${code === null ? 'failed' : `ended with ${code}`}: ${text}` };
    } catch (thrown) {
      signal.throwIfAborted();
      return { kind: 'failed', text: `${command.program}: ${messageOf(thrown)}` };
    }
  }
}

const isSame = (a: Identity, b: Extract<Identity, { kind: 'exec' }>): boolean =>
  a.kind === 'exec' && a.unit === b.unit && a.pid === b.pid && a.startTime === b.startTime;
