/** Reads a configuration folder: `ballast.yaml` and the service files. All problems at once, each with its place. */
import { join } from 'node:path';
import type { Environment } from './environment.js';
import type { ServiceOptions } from './load-service.js';
import { loadServices, ServiceMemo } from './load-services.js';
import type { Overlay } from './load-services.js';
import type { ServiceName } from './names.js';
import type { BallastConfig, Configuration, ServicePolicy } from './policy.js';
import type { Problem } from './problems.js';
import { parse, readText, unreadable } from './read.js';
import type { Part } from './read.js';
import { resolveBallast } from './resolve-ballast.js';
import { ballastFile } from './schema/ballast.js';

export { loadPresets, loadService, type CheckService } from './load-service.js';
export { ServiceMemo, type Overlay } from './load-services.js';

export interface LoadOptions extends ServiceOptions {
  /** Of the loads before; without it every file is read as if for the first time. */
  readonly memo?: ServiceMemo;
  /** What service files would say, to look at a change before it is made. */
  readonly overlay?: Overlay;
}

export type Loaded =
  | { readonly ok: true; readonly configuration: Configuration; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** `ballast.yaml` alone. */
export const loadBallast = (file: string, env: Environment): Part<BallastConfig> => {
  const read = readText(file);
  if ('wrong' in read) {
    return {
      value: null,
      problems: [unreadable(file, read.wrong, 'name the folder that holds ballast.yaml')],
      warnings: [],
    };
  }
  const { yaml, value, problems } = parse(ballastFile, file, read.text === '' ? '{}' : read.text, env);
  if (value === null) return { value: null, problems, warnings: [] };
  const { config, findings } = resolveBallast(value, file, readText);
  return { value: findings.length === 0 ? config : null, problems: findings.map(yaml.place), warnings: [] };
};

const unserved = (ballast: BallastConfig, policies: readonly ServicePolicy[]): readonly Problem[] =>
  ballast.gateway !== null
    ? []
    : policies
        .filter(({ traffic }) => traffic?.mode === 'act')
        .map(({ file }) =>
          unreadable(
            file,
            'names an upstream, but ballast.yaml has no gateway: weights are shown, not served',
            'add gateway:',
          ),
        );

/** A preset that nobody has could be given to nobody. */
const unknownPresets = (ballast: BallastConfig | null, memo: ServiceMemo): readonly Problem[] =>
  (ballast?.discover?.presets ?? [])
    .filter((name) => !memo.presets.has(name))
    .map((name) =>
      unreadable(
        ballast?.file ?? '',
        `discover.preset: no preset "${name}"`,
        `there are: ${[...memo.presets.keys()].join(', ')}`,
      ),
    );

/** Reads and checks everything; never throws for what a user wrote. */
export const loadConfiguration = (directory: string, options: LoadOptions): Loaded => {
  const { memo = new ServiceMemo(), overlay = new Map<string, string | null>() } = options;
  const ballast = loadBallast(join(directory, 'ballast.yaml'), options.env);
  const folder = ballast.value?.servicesDirectory ?? join(directory, 'services');
  const services = loadServices(folder, options, memo, overlay);
  const problems = [...ballast.problems, ...unknownPresets(ballast.value, memo), ...services.problems];
  if (ballast.value === null || problems.length > 0) return { ok: false, problems };
  const policies = services.value ?? [];
  return {
    ok: true,
    configuration: {
      ballast: ballast.value,
      services: new Map<ServiceName, ServicePolicy>(policies.map((policy) => [policy.service, policy])),
    },
    warnings: [...services.warnings, ...unserved(ballast.value, policies)],
  };
};
