/** Reads a configuration folder: `ballast.yaml` and the service files. All problems at once, each with its place. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../lib/paths.js';
import type { YamlFile } from './document.js';
import type { Environment } from './environment.js';
import type { ServiceName } from './names.js';
import type { BallastConfig, Configuration, ServicePolicy } from './policy.js';
import { finding } from './problems.js';
import type { Finding, Problem } from './problems.js';
import { checkCurves, checkQueries } from './queries.js';
import type { CheckExpression, CheckQuery } from './queries.js';
import { filesIn, inOrder, parse, readText, unreadable } from './read.js';
import type { Part } from './read.js';
import { resolveBallast } from './resolve-ballast.js';
import { resolveService } from './resolve-service.js';
import type { Presets } from './resolve-service.js';
import { ballastFile } from './schema/ballast.js';
import { presetFile } from './schema/preset.js';
import type { PresetFile } from './schema/preset.js';
import { serviceFile } from './schema/service.js';

export interface LoadOptions {
  readonly env: Environment;
  /** Says what is wrong with a query; without it queries are not looked at. */
  readonly checkQuery?: CheckQuery;
  /** Says what is wrong with a curve's expression, given the metrics that it may refer to. */
  readonly checkExpression?: CheckExpression;
}

export type Loaded =
  | { readonly ok: true; readonly configuration: Configuration; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** One service file's text as a policy. */
export const loadService = (
  file: string,
  text: string,
  presets: Presets,
  options: LoadOptions,
): Part<ServicePolicy> & { yaml: YamlFile } => {
  const { yaml, value, problems } = parse(serviceFile, file, text, options.env);
  if (value === null) return { yaml, value: null, problems, warnings: [] };
  const { policy, findings, warnings } = resolveService(value, file, presets);
  const all = [
    ...findings,
    ...(options.checkQuery === undefined ? [] : checkQueries(policy, options.checkQuery)),
    ...(options.checkExpression === undefined ? [] : checkCurves(policy, options.checkExpression)),
  ];
  return {
    yaml,
    value: all.length === 0 ? policy : null,
    problems: inOrder(all.map(yaml.place)),
    warnings: warnings.map(yaml.place),
  };
};

/** The presets that come with Ballast. They are ours, so a problem in one is a broken installation. */
export const loadPresets = (): Presets => {
  const presets = new Map<string, PresetFile>();
  for (const file of filesIn(join(packageRoot, 'config', 'presets'))) {
    const { value, problems } = parse(presetFile, file, readFileSync(file, 'utf8'), {});
    if (value === null) throw new Error(`broken preset: ${JSON.stringify(problems)}`);
    presets.set(value.preset, value);
  }
  return presets;
};

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

/** A service, and an upstream, belongs to one file; the later file is told, with the name of the first. */
const clash = (policy: ServicePolicy, others: readonly ServicePolicy[]): readonly Finding[] => {
  const twice = others.find(({ service }) => service === policy.service);
  const upstream = policy.traffic?.upstream;
  const shared = others.find(({ traffic }) => upstream !== undefined && traffic?.upstream === upstream);
  return [
    ...(twice === undefined
      ? []
      : [finding(['service'], `"${policy.service}" is also defined in ${twice.file}`, 'keep one of the two files')]),
    ...(shared === undefined || shared === twice
      ? []
      : [
          finding(
            ['traffic', 'upstream'],
            `"${upstream ?? ''}" is also the upstream of ${shared.file}`,
            'one service, one upstream',
          ),
        ]),
  ];
};

const loadServices = (directory: string, options: LoadOptions): Part<readonly ServicePolicy[]> => {
  const presets = loadPresets();
  const policies: ServicePolicy[] = [];
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const file of filesIn(directory)) {
    const read = readText(file);
    if ('wrong' in read) {
      problems.push(unreadable(file, read.wrong, 'make it readable, or move it away'));
      continue;
    }
    const part = loadService(file, read.text, presets, options);
    problems.push(...part.problems);
    warnings.push(...part.warnings);
    if (part.value === null) continue;
    problems.push(...clash(part.value, policies).map(part.yaml.place));
    policies.push(part.value);
  }
  if (policies.length === 0 && problems.length === 0) {
    warnings.push(unreadable(directory, 'holds no service file yet', 'copy services/checkout.yaml.example to begin'));
  }
  return { value: policies, problems, warnings };
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

/** Reads and checks everything; never throws for what a user wrote. */
export const loadConfiguration = (directory: string, options: LoadOptions): Loaded => {
  const ballast = loadBallast(join(directory, 'ballast.yaml'), options.env);
  const services = loadServices(ballast.value?.servicesDirectory ?? join(directory, 'services'), options);
  const problems = [...ballast.problems, ...services.problems];
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
