/** `ballast init service NAME`: a first service file, with thresholds from what live pages show. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { loadBallast, loadPresets, loadService } from '../../config/load.js';
import { formatProblem, serviceNamePattern, type ServicePolicy } from '../../config/index.js';
import * as defaults from '../../config/defaults.js';
import { formatDuration } from '../../config/units.js';
import { checkQuery } from '../../engine/derive/index.js';
import { PageFetcher } from '../../engine/scrape/index.js';
import type { ConsulConnection } from '../../lib/consul/index.js';
import { BallastError } from '../../lib/errors.js';
import { writeAtomic } from '../../lib/files.js';
import { packageRoot } from '../../lib/paths.js';
import { exit, usageError } from '../exit.js';
import type { ExitCode } from '../exit.js';
import { policyOf, scrapeLine } from '../init/detect.js';
import { starterFile } from '../init/file.js';
import { remember, withMemory } from '../init/history.js';
import { fromConsul, fromUrls, type Found } from '../init/instances.js';
import { recognise } from '../init/kind.js';
import { look, type Look, type World } from '../init/look.js';
import type { Api } from '../api.js';
import type { Io } from '../io.js';
import type { Context } from './context.js';

export interface InitOptions {
  /** Folder with ballast.yaml; the file is written into its folder of services. */
  readonly config: string;
  readonly urls: readonly string[];
  readonly presets: readonly string[];
  readonly forMs: number;
  readonly everyMs: number;
  /** How far back the engine's history is looked at; null: not at all. */
  readonly sinceMs: number | null;
  readonly force: boolean;
  readonly stdout: boolean;
}

interface Place {
  readonly consul: ConsulConnection;
  readonly services: string;
}

/** Consul and the folder, as ballast.yaml has them; without one, as the defaults have them. */
const placeOf = ({ config }: InitOptions, io: Io): Place => {
  const { value } = loadBallast(join(config, 'ballast.yaml'), io.env);
  const services = value?.servicesDirectory ?? join(config, 'services');
  return { services, consul: value?.consul ?? { url: defaults.consul.url, token: null, datacenter: null } };
};

const schemaFor = (folder: string): string => {
  const own = resolve(folder, '..', 'schema', 'service.json');
  return existsSync(own)
    ? '../schema/service.json'
    : relative(resolve(folder), join(packageRoot, 'config/schema/service.json'));
};

const whomOf = (found: Found, { answered }: Look): string => {
  const names = found.instances.slice(0, 3).map(({ id }) => id);
  const more = answered > names.length ? ` and ${answered - names.length} more` : '';
  return `${names.join(', ')}${more}`;
};

/** What is written must be fit to be loaded: else nothing is. */
const requireFine = (file: string, text: string): void => {
  const { problems } = loadService(file, text, loadPresets(), { env: {}, checkQuery });
  if (problems.length > 0)
    throw new BallastError(
      'INIT_UNFIT',
      `what was made of it cannot be loaded: ${problems.map(formatProblem).join('; ')}`,
    );
};

const explore = async (service: string, options: InitOptions, io: Io, place: Place, world: World) => {
  const found =
    options.urls.length > 0
      ? fromUrls(service, options.urls)
      : await fromConsul(service, place.consul, io.clock.now(), io.signal);
  for (const note of found.notes) io.err(`${note}\n`);
  const kind = await recognise(found, options.presets, world);
  io.err(`${kind.why}\n`);
  const { forMs, everyMs } = options;
  const count = found.instances.length;
  io.err(
    `looking at ${count} instance${count === 1 ? '' : 's'} for ${formatDuration(forMs)}, every ${formatDuration(everyMs)} …\n`,
  );
  const policy = policyOf(service, kind, `interval: ${everyMs}ms`);
  const seen = await look(policy, found.instances, world, { forMs, everyMs, progress: () => undefined });
  if (seen.answered === 0)
    throw new BallastError(
      'NO_PAGE',
      `none of the ${count} instances of ${service} showed a page in ${formatDuration(forMs)}`,
    );
  return { found, kind, seen, policy };
};

/** History is a help, not a must: without an engine the look has to do. */
const recollect = async (api: Api, policy: ServicePolicy, found: Found, { sinceMs, urls }: InitOptions, io: Io) => {
  if (sinceMs === null || urls.length > 0) return null;
  const memory = await remember(api, policy, found.instances, sinceMs, io.clock.now());
  if (memory === null) return null;
  const left = memory.leftOut === 0 ? '' : `; ${memory.leftOut} steps in which somebody was not green are left out`;
  io.err(`the engine remembers ${formatDuration(memory.spanMs)} of it${left}\n`);
  return memory;
};

export const initService = async (
  { io, api }: Pick<Context, 'io' | 'api'>,
  service: string,
  options: InitOptions,
): Promise<ExitCode> => {
  if (!serviceNamePattern.test(service))
    throw usageError(`"${service}" is no service name`, 'letters, digits, . _ - as in Consul');
  const place = placeOf(options, io);
  const file = join(place.services, `${service}.yaml`);
  if (!options.stdout && !options.force && existsSync(file))
    throw usageError(`${file} is there already`, '--force replaces it, --stdout prints instead');
  const fetcher = new PageFetcher(io.clock);
  try {
    const fetch: World['fetch'] = (target, filter, signal) => fetcher.fetch(target, filter, signal);
    const { found, kind, seen, policy } = await explore(service, options, io, place, {
      fetch,
      clock: io.clock,
      signal: io.signal,
    });
    const memory = await recollect(api, policy, found, options, io);
    const text = starterFile({
      service,
      presets: kind.presets,
      schema: schemaFor(place.services),
      scrape: scrapeLine(kind.scrape),
      at: io.clock.now(),
      whom: whomOf(found, seen),
      instances: seen.answered,
      durationMs: Math.max(seen.durationMs, memory?.spanMs ?? 0),
      lookedMs: seen.durationMs,
      rememberedMs: memory?.spanMs ?? null,
      seen: withMemory(seen.seen, memory),
    });
    requireFine(file, text);
    if (options.stdout) io.out(text);
    else {
      await mkdir(dirname(file), { recursive: true });
      await writeAtomic(file, text);
      io.err(`wrote ${file}; ballast check config ${options.config} says whether all files are fine together\n`);
    }
    return exit.fine;
  } catch (error) {
    if (!io.signal.aborted) throw error;
    io.err('stopped; nothing was written\n');
    return exit.failed;
  } finally {
    await fetcher.close();
  }
};
