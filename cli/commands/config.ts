/** `ballast config …`: what is in force, and how it is changed. */
import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { serviceIn } from '../../config/edit/find.js';
import { formatProblem } from '../../config/index.js';
import { jsonSchemas } from '../../config/schema/generate.js';
import type { Edit } from '../../config/wire.js';
import { dryRunSchema } from '../../engine/client/index.js';
import { BallastError, messageOf } from '../../lib/errors.js';
import { parts, type Change } from '../config-api.js';
import { exit, usageError } from '../exit.js';
import type { ExitCode } from '../exit.js';
import { jsonText, type Format } from '../output.js';
import { changesText, problemsIn, serviceConfigsView, versionsView } from '../views/config.js';
import { dryRunText } from '../views/dry-run.js';
import { print, type Context } from './context.js';

export const listConfigs = async (context: Context, format: Format): Promise<ExitCode> => {
  print(context, serviceConfigsView, await context.api.config.services(), format);
  return exit.fine;
};

export interface ShowOptions {
  readonly format: 'yaml' | 'json';
  readonly resolved: boolean;
}

/** The file as it is stored, or with `resolved` everything that it comes to. */
export const showConfig = async (
  { api, io }: Context,
  service: string,
  { format, resolved }: ShowOptions,
): Promise<ExitCode> => {
  if (resolved) {
    const policy = await api.config.resolved(service);
    io.out(format === 'json' ? jsonText(policy) : stringify(policy));
    return exit.fine;
  }
  const found = await api.config.service(service);
  if (format === 'json') io.out(jsonText(found));
  else if (found.text !== null) io.out(found.text);
  else io.err(`${service} has no file: Consul names it; --resolved shows what it is judged by\n`);
  if (!found.inForce && format === 'yaml') io.err('this is not in force: ballast config reload says why\n');
  return exit.fine;
};

/** Both services, each by itself: what one refuses the other may have taken. */
export const reloadConfig = async ({ api, io }: Context): Promise<ExitCode> => {
  let code: ExitCode = exit.fine;
  for (const part of parts) {
    try {
      const { changes, needsRestart, warnings } = await api.config.reload(part);
      const waits = needsRestart.length === 0 ? '' : `; needs a restart for ${needsRestart.join(', ')}`;
      io.out(`${part}: ${changesText(changes)}${waits}\n`);
      io.err(warnings.map((warning) => `warning: ${formatProblem(warning)}\n`).join(''));
    } catch (error) {
      code = exit.failed;
      io.err(`${part}: ${messageOf(error)}\n`);
      io.out(
        problemsIn(error)
          .map((problem) => `${formatProblem(problem)}\n`)
          .join(''),
      );
    }
  }
  return code;
};

export const schemaNames = ['service', 'ballast', 'preset'] as const;

export const showSchema = ({ io }: Pick<Context, 'io'>, name: string): ExitCode => {
  io.out(jsonSchemas().get(`${name}.json`) ?? '');
  return exit.fine;
};

export interface EditOptions {
  readonly author?: string;
  readonly reason?: string;
  readonly dryRun: boolean;
  /** Of what a dry run finds. */
  readonly output?: 'table' | 'json';
}

const changeOf = ({ io }: Context, { author, reason, dryRun }: EditOptions): Omit<Change, 'etag'> => ({
  author: author ?? io.user,
  reason,
  dryRun,
});

const told = (
  { io, paint }: Context,
  { done, version, changes, warnings, whatIf }: Edit,
  { output = 'table' }: EditOptions,
): ExitCode => {
  io.err(`${done ? '' : 'dry run: '}${changesText(changes)}${version === null ? '' : `; version ${version}`}\n`);
  io.err(warnings.map((warning) => `warning: ${warning}\n`).join(''));
  if (whatIf === undefined || (whatIf === null && output === 'table')) return exit.fine;
  const known = dryRunSchema.safeParse(whatIf);
  io.out(output === 'table' && known.success ? dryRunText(known.data, paint, io.clock.now()) : jsonText(whatIf));
  return exit.fine;
};

/** Every problem of a text that was refused, as `check config` tells them. */
const listing = async (context: Context, options: EditOptions, work: () => Promise<Edit>): Promise<ExitCode> => {
  try {
    return told(context, await work(), options);
  } catch (error) {
    context.io.out(
      problemsIn(error)
        .map((problem) => `${formatProblem(problem)}\n`)
        .join(''),
    );
    throw error;
  }
};

const textIn = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw usageError(`${file} cannot be read: ${messageOf(error)}`, 'name a service file');
  }
};

const etagOf = async ({ api }: Context, service: string): Promise<string | null> => {
  try {
    return (await api.config.service(service)).etag;
  } catch (error) {
    if (error instanceof BallastError && error.status === 404) return null;
    throw error;
  }
};

export const applyConfig = async (
  context: Context,
  file: string,
  options: EditOptions & { readonly ifMatch?: string },
): Promise<ExitCode> => {
  const text = textIn(file);
  const service = serviceIn(file, text);
  if (service === null) throw usageError(`${file} names no service`, 'its first line should be service: NAME');
  const etag = options.ifMatch ?? (await etagOf(context, service));
  return listing(context, options, () =>
    context.api.config.put(service, text, { ...changeOf(context, options), etag }),
  );
};

export const removeConfig = async (context: Context, service: string, options: EditOptions): Promise<ExitCode> => {
  const { etag } = await context.api.config.service(service);
  return listing(context, options, () =>
    context.api.config.remove(service, { ...changeOf(context, options), etag: etag ?? '*' }),
  );
};

export const rollbackConfig = async (
  context: Context,
  service: string,
  version: number,
  options: EditOptions,
): Promise<ExitCode> =>
  listing(context, options, () => context.api.config.rollback(service, version, changeOf(context, options)));

export const showVersions = async (
  context: Context,
  service: string,
  { format, version, limit }: { readonly format: Format; readonly version?: number; readonly limit: number },
): Promise<ExitCode> => {
  const { api, io } = context;
  if (version === undefined) {
    print(context, versionsView(io.clock.now()), await api.config.versions(service, limit), format);
    return exit.fine;
  }
  const found = await api.config.version(service, version);
  if (format === 'json') io.out(jsonText(found));
  else if (found.text !== null) io.out(found.text);
  else io.err(`version ${version} of ${service} is its removal\n`);
  return exit.fine;
};
