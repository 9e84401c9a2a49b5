/** One service file's text as a policy, and the presets that it may name. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../lib/paths.js';
import { didYouMean } from '../lib/spelling.js';
import type { YamlFile } from './document.js';
import type { Environment } from './environment.js';
import type { ServicePolicy } from './policy.js';
import { finding, type Finding, type KeyPath } from './problems.js';
import { checkCurves, checkQueries } from './queries.js';
import type { CheckExpression, CheckQuery } from './queries.js';
import { filesIn, inOrder, parse } from './read.js';
import type { Part } from './read.js';
import { resolveService } from './resolve-service.js';
import type { Presets } from './resolve-service.js';
import { presetFile } from './schema/preset.js';
import type { PresetFile } from './schema/preset.js';
import { serviceFile, type ServiceFile } from './schema/service.js';

/** What is wrong with a service as a whole, and what to do; null when it can be used. */
export type CheckService = (policy: ServicePolicy) => { readonly message: string; readonly hint: string | null } | null;

export interface ServiceOptions {
  readonly env: Environment;
  /** Says what is wrong with a query; without it queries are not looked at. */
  readonly checkQuery?: CheckQuery;
  /** Says what is wrong with a curve's expression, given the metrics that it may refer to. */
  readonly checkExpression?: CheckExpression;
  /** Asked last, where nothing else is wrong. */
  readonly checkService?: CheckService;
}

export interface ServicePart extends Part<ServicePolicy> {
  readonly yaml: YamlFile;
}

/** One service file's text as a policy. */
export const loadService = (file: string, text: string, presets: Presets, options: ServiceOptions): ServicePart => {
  const { yaml, value, problems, rest, wrong: out } = parse(serviceFile, file, text, options.env);
  if (value === null) {
    const others = rest === null ? [] : look(rest, file, presets, options).all.filter((each) => !follows(each, out));
    return { yaml, value: null, problems: inOrder([...problems, ...others.map(yaml.place)]), warnings: [] };
  }
  const { policy, all, warnings } = look(value, file, presets, options);
  const wrong = all.length === 0 ? (options.checkService?.(policy) ?? null) : null;
  if (wrong !== null) all.push(finding(['service'], wrong.message, wrong.hint));
  return {
    yaml,
    value: all.length === 0 ? policy : null,
    problems: inOrder(all.map(yaml.place)),
    warnings: warnings.map(yaml.place),
  };
};

/** What is wrong with a file whose form is right. */
const look = (value: ServiceFile, file: string, presets: Presets, options: ServiceOptions) => {
  const { policy, findings, warnings } = resolveService(value, file, presets);
  const all = [
    ...findings,
    ...(options.checkQuery === undefined ? [] : checkQueries(policy, options.checkQuery)),
    ...(options.checkExpression === undefined ? [] : checkCurves(policy, options.checkExpression)),
  ];
  return { policy, all, warnings };
};

/** Sections of which another one takes its defaults. */
const leansOn: Readonly<Record<string, string>> = { system: 'scrape', metrics: 'preset' };

/** Whether a finding may only be there because of what was taken out: it is about the same section, for metrics the same metric. */
const follows = ({ path }: Finding, out: readonly KeyPath[]): boolean => {
  const [section = '', name] = path;
  return out.some(([wrong, wrongName]) => {
    if (wrong !== section) return means(wrong, leansOn[section]) || (name === undefined && means(wrong, section));
    return section !== 'metrics' || name === undefined || wrongName === undefined || wrongName === name;
  });
};

/** It is that key, or was probably meant for it: `presett`. */
const means = (written: string | number | undefined, key: string | number | undefined): boolean =>
  written !== undefined && key !== undefined && didYouMean(String(written), [String(key)]) !== null;

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
