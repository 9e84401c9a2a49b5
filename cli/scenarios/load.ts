/** Reads a file of scenarios: its text, its service, and what only shows when both are there. Every problem with its place. */
import { dirname, resolve } from 'node:path';
import { loadService, type LoadOptions } from '../../config/load.js';
import type { ServicePolicy } from '../../config/index.js';
import { finding, type Finding, type KeyPath, type Problem } from '../../config/problems.js';
import { checkCurves, checkQueries } from '../../config/queries.js';
import { parse, readText, unreadable } from '../../config/read.js';
import { resolveService, type Presets } from '../../config/resolve-service.js';
import type { ServiceFile } from '../../config/schema/service.js';
import { checkQuery, compileService, type CompiledService } from '../../engine/derive/index.js';
import { checkExpression } from '../../engine/score/index.js';
import { messageOf } from '../../lib/errors.js';
import { checkTest } from './sanity.js';
import { scenarioFile, type InstanceFile, type ScenarioFile, type TestFile } from './schema.js';

/** One test, ready to run. */
export interface Scenario {
  readonly file: string;
  readonly name: string;
  readonly compiled: CompiledService;
  /** Series that it did not write itself come from its file. */
  readonly test: TestFile;
  readonly place: (path: KeyPath, message: string) => Problem;
}

export interface LoadedScenarios {
  readonly file: string;
  readonly scenarios: readonly Scenario[];
  readonly problems: readonly Problem[];
}

type Holder = Pick<ScenarioFile, 'service' | 'service_file'>;
type Place = (found: Finding) => Problem;

type Resolved =
  | { readonly compiled: CompiledService; readonly problems: readonly [] }
  | { readonly compiled: null; readonly problems: readonly Problem[] };

const failed = (...problems: readonly Problem[]): Resolved => ({ compiled: null, problems });

const compile = (policy: ServicePolicy, place: Place, at: KeyPath): Resolved => {
  try {
    return { compiled: compileService(policy), problems: [] };
  } catch (error) {
    return failed(place(finding(at, messageOf(error))));
  }
};

const inline = (service: ServiceFile, file: string, presets: Presets, place: Place, at: KeyPath): Resolved => {
  const { policy, findings } = resolveService(service, file, presets);
  const all = [...findings, ...checkQueries(policy, checkQuery), ...checkCurves(policy, checkExpression)];
  if (all.length > 0) return failed(...all.map((found) => place({ ...found, path: [...at, ...found.path] })));
  return compile(policy, place, at);
};

const fromFile = (path: string, options: LoadOptions, presets: Presets, place: Place, at: KeyPath): Resolved => {
  const read = readText(path);
  if ('wrong' in read) return failed(place(finding(at, `${path} ${read.wrong}`, 'the path is relative to this file')));
  const { value, problems } = loadService(path, read.text, presets, { ...options, checkQuery, checkExpression });
  return value === null ? failed(...problems) : compile(value, place, at);
};

/** The service that a test, or a whole file, is about; null: it names none itself. */
const serviceOf = (
  holder: Holder,
  at: KeyPath,
  file: string,
  options: LoadOptions,
  presets: Presets,
  place: Place,
): Resolved | null => {
  const { service, service_file: path } = holder;
  if (service !== undefined && path !== undefined)
    return failed(place(finding([...at, 'service_file'], 'service is written too', 'keep one of the two')));
  if (service !== undefined) return inline(service, file, presets, place, [...at, 'service']);
  if (path === undefined) return null;
  return fromFile(resolve(dirname(file), path), options, presets, place, [...at, 'service_file']);
};

/** What is said for all, over which a test and then an instance say their own. */
const layered = (file: ScenarioFile, test: TestFile): TestFile => {
  const over = (instance: InstanceFile): InstanceFile => ({
    ...instance,
    series: { ...file.series, ...test.series, ...instance.series },
    system: { ...file.system, ...test.system, ...instance.system },
  });
  const instances = Object.entries(test.instances).map(([id, instance]) => [id, over(instance)] as const);
  return { ...test, instances: Object.fromEntries(instances) };
};

/** One file's text as scenarios. None when anything is wrong. */
export const loadScenarios = (
  file: string,
  text: string,
  presets: Presets,
  options: Pick<LoadOptions, 'env'>,
): LoadedScenarios => {
  const { yaml, value, problems } = parse(scenarioFile, file, text, options.env);
  if (value === null) return { file, scenarios: [], problems };
  const common = serviceOf(value, [], file, options, presets, yaml.place);
  const wrong: Problem[] = [...(common?.problems ?? [])];
  const scenarios: Scenario[] = [];
  for (const [index, test] of value.tests.entries()) {
    const at: KeyPath = ['tests', index];
    const own = serviceOf(test, at, file, options, presets, yaml.place);
    wrong.push(...(own?.problems ?? []));
    const resolved = own ?? common;
    if (resolved === null)
      wrong.push(yaml.place(finding([...at, 'name'], 'no service is named', 'write service: or service_file:')));
    const compiled = resolved?.compiled ?? null;
    if (compiled === null) continue;
    const place = (path: KeyPath, message: string, hint: string | null = null): Problem =>
      yaml.place(finding([...at, ...path], message, hint));
    wrong.push(...checkTest(test, compiled).map((found) => yaml.place({ ...found, path: [...at, ...found.path] })));
    scenarios.push({ file, name: test.name, compiled, test: layered(value, test), place });
  }
  const twice = value.tests.findIndex(({ name }, i) => value.tests.some((other, j) => j < i && other.name === name));
  if (twice >= 0) wrong.push(yaml.place(finding(['tests', twice, 'name'], 'another test has this name')));
  return wrong.length > 0 ? { file, scenarios: [], problems: wrong } : { file, scenarios, problems: [] };
};

/** The same of a file on disk. */
export const readScenarios = (file: string, presets: Presets, options: Pick<LoadOptions, 'env'>): LoadedScenarios => {
  const read = readText(file);
  if ('text' in read) return loadScenarios(file, read.text, presets, options);
  return { file, scenarios: [], problems: [unreadable(file, read.wrong, 'name a file of scenarios')] };
};
