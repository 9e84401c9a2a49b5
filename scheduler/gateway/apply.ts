/** One revision on its way into NGINX: write -> test -> promote -> reload -> prove, and back again where that fails. */
import type { GatewayConfig } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import type { GatewayView } from '../client/index.js';
import { proveRevision } from './mark.js';
import { acceptingWorkers, findMaster, pidFileOf } from './master.js';
import { includePath } from './model.js';
import { compiledIn, dumpConfiguration, signalReload } from './nginx.js';
import { join } from 'node:path';
import {
  currentFolder,
  findRevision,
  manifestOf,
  promote,
  prune,
  reject,
  rejectedName,
  writeRelease,
} from './releases.js';
import type { Rendered } from './render.js';
import { candidateWasRead, castShadow } from './shadow.js';

export type Stage = NonNullable<GatewayView['last']>['stage'];

/** Where and why it ended, in words for a person. */
export class StageFailure extends Error {
  override readonly name = 'StageFailure';
  constructor(
    readonly stage: Stage,
    message: string,
    /** NGINX does not run: nothing is wrong with the files, which stay in force for its next start. */
    readonly dead = false,
  ) {
    super(message);
  }
}

/** The lock went while the candidate was tested: nothing was changed, and nothing is wrong with it. */
export class NotOurs extends Error {
  override readonly name = 'NotOurs';
}

export interface ApplyParts {
  readonly config: GatewayConfig;
  readonly clock: Clock;
  /** False: somebody else may lead by now. */
  mayChange(): boolean;
  /** Called as soon as a reload was asked for. */
  onReload(): void;
  /** Called when the master's pid file is known. */
  onPidFile(path: string): void;
}

export interface Applied {
  /** From the signal to the proof. */
  readonly reloadMs: number;
}

/**
 * Rejects with NotOurs before anything was changed, or with a StageFailure, and with nothing else. By then either the last
 * good revision is in force again, or, where NGINX does not run, the tested candidate waits on disk. `good`: the revision
 * that was proven last.
 */
export const applyRevision = async (
  rendered: Rendered,
  good: string | null,
  parts: ApplyParts,
  signal: AbortSignal,
): Promise<Applied> => {
  const { directory } = parts.config;
  const before = await inStage('write', () => lastGood(directory, good));
  const candidate = await inStage('write', () => writeRelease(directory, rendered.revision, rendered.files));
  const pidFile = await inStage('test', () => test(candidate, parts, signal));
  parts.onPidFile(pidFile);
  if (!parts.mayChange()) throw new NotOurs('the lock is lost');
  await inStage('promote', () => promote(directory, candidate));
  try {
    const startedAt = parts.clock.mono();
    const old = await reload(pidFile, parts, signal);
    await prove(rendered.revision, old, pidFile, parts, signal);
    await prune(directory, [before]).catch(() => undefined);
    return { reloadMs: parts.clock.mono() - startedAt };
  } catch (thrown) {
    throw await rollBack(asFailure('reload', thrown), before === candidate ? null : before, pidFile, parts, signal);
  }
};

const asFailure = (stage: Stage, thrown: unknown): StageFailure =>
  thrown instanceof StageFailure ? thrown : new StageFailure(stage, messageOf(thrown));

const inStage = async <T>(stage: Stage, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (thrown) {
    throw asFailure(stage, thrown);
  }
};

/** The folder to come back to: of the revision that was proven, else whatever is in force. */
const lastGood = async (directory: string, good: string | null): Promise<string | null> =>
  (good === null ? null : await findRevision(directory, good)) ?? (await currentFolder(directory));

/** `nginx -T` on the candidate. Answers the pid file that the configuration names. */
const test = async (candidate: string, { config }: ApplyParts, signal: AbortSignal): Promise<string> => {
  const { directory } = config;
  const rejected = join(directory, rejectedName);
  const shadow = await castShadow(config, candidate);
  try {
    const said = await dumpConfiguration(config, shadow.config, signal);
    const wrong = said.ok
      ? await candidateWasRead(said.stdout, { directory, candidate, include: includePath(config) })
      : said.words;
    if (wrong === null) {
      return pidFileOf(said.stdout, await compiledIn(config.binary, signal), config.prefix);
    }
    const words = shadow.inRealPaths(wrong, rejected);
    await reject(directory, candidate);
    throw new StageFailure('test', `nginx -t refuses it: ${words}`);
  } finally {
    await shadow.remove();
  }
};

/** Answers the workers that took connections until then. */
const reload = async (pidFile: string, parts: ApplyParts, signal: AbortSignal): Promise<readonly number[]> => {
  const master = await findMaster(pidFile);
  if (master.pid === null) throw new StageFailure('reload', `${master.why}; the files wait for its start`, true);
  const workers = await acceptingWorkers(master.pid);
  parts.onReload();
  const said = await signalReload(parts.config, signal);
  if (!said.ok) throw new StageFailure('reload', `nginx -s reload failed: ${said.words}`);
  return workers;
};

const prove = async (
  revision: string,
  old: readonly number[],
  pidFile: string,
  parts: ApplyParts,
  signal: AbortSignal,
): Promise<void> => {
  const { mark, verifyTimeoutMs } = parts.config;
  const oldHaveLeft = async (): Promise<boolean> => {
    const { pid } = await findMaster(pidFile);
    const accepting = pid === null ? [] : await acceptingWorkers(pid);
    return !accepting.some((worker) => old.includes(worker));
  };
  const limits = { timeoutMs: verifyTimeoutMs, clock: parts.clock, signal };
  const { proven, seen } = await proveRevision(mark, revision, oldHaveLeft, limits);
  if (proven) return;
  const master = await findMaster(pidFile);
  if (master.pid === null) throw new StageFailure('prove', `${master.why}; the files wait for its start`, true);
  if (seen === revision)
    throw new StageFailure('prove', `old workers still take connections ${verifyTimeoutMs} ms after the reload`);
  const answer = seen === null ? `nobody answers on ${mark.host}:${mark.port}` : `new connections still see ${seen}`;
  throw new StageFailure('prove', `${answer} ${verifyTimeoutMs} ms after the reload; NGINX's error log says why`);
};

/** Answers the failure, with what became of it. Where NGINX is dead, or there is nothing to go back to, nothing is undone. */
const rollBack = async (
  failure: StageFailure,
  folder: string | null,
  pidFile: string,
  parts: ApplyParts,
  signal: AbortSignal,
): Promise<StageFailure> => {
  if (failure.dead || folder === null || signal.aborted) return failure;
  const told = (text: string): StageFailure => new StageFailure(failure.stage, `${failure.message}; ${text}`);
  try {
    await promote(parts.config.directory, folder);
    const old = await reload(pidFile, parts, signal);
    const manifest = await manifestOf(folder);
    if (manifest) await prove(manifest.revision, old, pidFile, parts, signal);
    return told(`rolled back to ${manifest?.revision ?? 'the last good files'}`);
  } catch (thrown) {
    return told(`and so did going back: ${messageOf(thrown)}`);
  }
};
