/**
 * Changes service files for whoever asks over HTTP. The files stay the truth: a change is tried on the whole folder, written
 * as the text that was sent, and then read again like an edit by hand. Everything that comes into force is kept as a version.
 */
import { BallastError, messageOf } from '../../lib/errors.js';
import { removeFile, writeAtomic } from '../../lib/files.js';
import { checkPreconditions, type Preconditions } from '../../lib/http/preconditions.js';
import { refusal } from '../api.js';
import { readYaml } from '../document.js';
import type { ServiceName } from '../names.js';
import type { ServicePolicy } from '../policy.js';
import { finding, formatProblem, type Problem } from '../problems.js';
import { compareServices, type Changes, type Reloader } from '../reload.js';
import { findFile, newFile, serviceIn, type StoredFile } from './find.js';
import type { Recorder } from './recorder.js';

/** Who asks for a change, and on what he rests it. */
export interface Request {
  readonly author: string;
  readonly reason: string | null;
  readonly conditions: Preconditions;
  /** Looks, and changes nothing. */
  readonly dryRun: boolean;
}

export interface Outcome {
  readonly service: string;
  readonly file: string;
  /** As the file is now, or would be; null: removed. */
  readonly text: string | null;
  readonly created: boolean;
  readonly version: number | null;
  readonly changes: Changes;
  readonly warnings: readonly string[];
  /** What the service would be judged by; null: it is removed. */
  readonly policy: ServicePolicy | null;
}

export interface EditorParts {
  readonly reloader: Reloader;
  readonly recorder: Recorder;
}

interface Tried {
  readonly changes: Changes;
  readonly warnings: readonly string[];
  readonly policy: ServicePolicy | null;
}

const elsewhere = (problems: readonly Problem[]): BallastError =>
  refusal(
    problems,
    'other files of the configuration are refused, and nothing can be changed before they are mended',
    409,
  );

const changedMeanwhile = (what: string): BallastError =>
  new BallastError('PRECONDITION_FAILED', `${what} was changed at this very moment`, {
    status: 412,
    hint: 'read it again, make the change on that, and send its ETag',
  });

export class ServiceEditor {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: EditorParts) {}

  /** Writes the text as the service's file. */
  put(service: string, text: string, request: Request): Promise<Outcome> {
    return this.#inTurn(() => this.#put(service, text, request));
  }

  /** Removes the service's file. */
  remove(service: string, request: Request): Promise<Outcome> {
    return this.#inTurn(() => this.#remove(service, request));
  }

  /** Writes the text of an earlier version. */
  rollback(service: string, version: number, request: Request): Promise<Outcome> {
    return this.#inTurn(() => {
      const found = this.parts.recorder.version(service, version);
      if (found.text === null)
        throw new BallastError('NOTHING_TO_RESTORE', `version ${version} of ${service} is its removal`, {
          status: 409,
          hint: 'DELETE removes the service',
        });
      const reason = request.reason ?? `back to version ${version}`;
      return this.#put(service, found.text, { ...request, reason }, false);
    });
  }

  async #put(service: string, text: string, request: Request, required = true): Promise<Outcome> {
    const { reloader } = this.parts;
    const before = findFile(reloader, service);
    checkPreconditions(`service ${service}`, before?.text ?? null, request.conditions, required && !request.dryRun);
    const file = before?.file ?? newFile(reloader, service);
    const tried = this.#try(service, file, text);
    const outcome = { service, file, text, created: before === null, ...tried };
    if (request.dryRun || before?.text === text) return { ...outcome, version: null };
    const write = () => writeAtomic(file, text, { expected: before?.text ?? null });
    return { ...outcome, ...(await this.#carryOut(service, text, request, write)) };
  }

  async #remove(service: string, request: Request): Promise<Outcome> {
    const { reloader } = this.parts;
    const before = findFile(reloader, service);
    if (!before)
      throw new BallastError('SERVICE_NOT_FOUND', `no file speaks of a service ${service}`, {
        status: 404,
        hint: 'GET /v1/config/services lists those that have one',
      });
    checkPreconditions(`service ${service}`, before.text, request.conditions, !request.dryRun);
    const outcome = { service, file: before.file, text: null, created: false, ...this.#tryWithout(before) };
    if (request.dryRun) return { ...outcome, version: null };
    const remove = () => removeFile(before.file, before.text);
    return { ...outcome, ...(await this.#carryOut(service, null, request, remove)) };
  }

  /** What the folder would come to with that text; throws with every problem of it. */
  #try(service: string, file: string, text: string): Tried {
    const { reloader } = this.parts;
    const named = serviceIn(file, text);
    const other = `the path names service ${service}, the text "${named ?? ''}"`;
    const misnamed =
      named === null || named === service
        ? []
        : [readYaml(file, text, {}).place(finding(['service'], other, `write service: ${service}`))];
    const seen = reloader.preview(new Map([[file, text]]));
    const problems = seen.ok ? [] : seen.problems;
    const own = [...misnamed, ...problems.filter((problem) => problem.file === file)];
    if (own.length > 0) throw refusal(own, `the text for service ${service} is refused`);
    if (!seen.ok) throw elsewhere(problems);
    const { services } = seen.configuration;
    return {
      changes: compareServices(reloader.configuration.services, services),
      warnings: seen.warnings.filter((problem) => problem.file === file).map(formatProblem),
      policy: services.get(service as ServiceName) ?? null,
    };
  }

  #tryWithout({ file }: StoredFile): Tried {
    const { reloader } = this.parts;
    const seen = reloader.preview(new Map([[file, null]]));
    if (!seen.ok) throw elsewhere(seen.problems);
    const changes = compareServices(reloader.configuration.services, seen.configuration.services);
    return { changes, warnings: [], policy: null };
  }

  /** Once the file is written it is read like any other. What could not be recorded is in force all the same. */
  async #carryOut(
    service: string,
    text: string | null,
    { author, reason }: Request,
    write: () => Promise<string>,
  ): Promise<{ readonly version: number | null; readonly warnings?: string[] }> {
    const { reloader, recorder } = this.parts;
    // The watch may see the file before we come back from writing it: whose it is has to be known by then.
    const done = recorder.announce({ service, text, author, reason });
    try {
      if ((await write()) === 'conflict') throw changedMeanwhile(`service ${service}`);
      const result = reloader.reload('api');
      if (!result.ok) throw elsewhere(result.problems);
    } finally {
      done();
    }
    try {
      return { version: recorder.latest(service)?.version ?? null };
    } catch (error) {
      return { version: null, warnings: [`it is in force, but not recorded: ${messageOf(error)}`] };
    }
  }

  /** One after the other: each rests on what the one before left. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
