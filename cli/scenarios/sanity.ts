/** What is well written in a test and cannot be meant: names of nobody, expectations of nothing, series that nobody reads. */
import { levels } from '../../config/index.js';
import { finding, type Finding, type KeyPath } from '../../config/problems.js';
import { createFilter, type CompiledService } from '../../engine/derive/index.js';
import { didYouMean } from '../../lib/spelling.js';
import { mostScrapes, parseSeriesName } from './notation.js';
import type { ExpectationFile, SeriesFile, TestFile } from './schema.js';

/** `at` and `instance` say when and of whom, the others what. */
const about = (expectation: ExpectationFile): readonly string[] =>
  Object.entries(expectation)
    .filter(([key, value]) => value !== undefined && key !== 'at' && key !== 'instance')
    .map(([key]) => key);

const sequences = ['zones', 'scores', 'weights'] as const;
const isSequence = (key: string): boolean => sequences.some((each) => each === key);

const countOf = (items: readonly { readonly times: number }[] | undefined): number =>
  (items ?? []).reduce((sum, { times }) => sum + (Number.isFinite(times) ? times : 1), 0);

/** How many scrapes a test lasts: until the last moment that an expectation names. */
export const scrapesOf = ({ expect }: TestFile, intervalMs: number): number => {
  const moments = expect.flatMap(({ at }) => (at ?? []).map(({ to }) => Math.floor(to / intervalMs) + 1));
  const counts = expect.flatMap((each) => sequences.map((key) => countOf(each[key])));
  return Math.max(1, ...moments, ...counts);
};

const namesOf = (expectation: ExpectationFile, test: TestFile, metrics: readonly string[], at: KeyPath): Finding[] => {
  const ids = Object.keys(test.instances);
  const strangers = (expectation.instance ?? [])
    .filter((id) => !ids.includes(id))
    .map((id) => finding([...at, 'instance'], `no instance "${id}" in this test`, didYouMean(id, ids)));
  const unknown = (key: 'metrics' | 'causes', names: readonly string[]): Finding[] =>
    names
      .filter((name) => !metrics.includes(name))
      .map((name) => finding([...at, key], `the service has no metric ${name}`, didYouMean(name, metrics)));
  return [
    ...strangers,
    ...unknown('metrics', Object.keys(expectation.metrics ?? {})),
    ...unknown('causes', expectation.causes ?? []),
  ];
};

const timesOf = (expectation: ExpectationFile, at: KeyPath): readonly Finding[] => {
  const keys = about(expectation);
  if (keys.length === 0) return [finding(at, 'expects nothing', 'name a zone, a score, a weight …')];
  const plain = keys.filter((key) => !isSequence(key));
  if (expectation.at === undefined && plain.length > 0)
    return [finding([...at, plain[0] ?? ''], 'says not when', 'add at: 10s, or a span like 3s..10s')];
  if (expectation.at !== undefined && plain.length < keys.length)
    return [finding([...at, 'at'], 'zones, scores and weights begin at the start and take no time', null)];
  return [];
};

const unreadSeries = (test: TestFile, compiled: CompiledService): readonly Finding[] => {
  // A name that its own page does not know is looked for on the others.
  const filter = createFilter(levels.flatMap((level) => compiled.needs[level].map(({ selector }) => selector)));
  const of = (series: SeriesFile | undefined, at: KeyPath): readonly Finding[] =>
    Object.keys(series ?? {}).flatMap((text) => {
      const parsed = parseSeriesName(text);
      const read = !parsed.ok || filter.wants(parsed.value.name, parsed.value.labels);
      const hint = didYouMean(parsed.ok ? parsed.value.name : '', [...filter.names]);
      return read
        ? []
        : [{ ...finding([...at, text], 'no query of this service reads this series', hint), atKey: true }];
    });
  const own = Object.entries(test.instances).flatMap(([id, instance]) => [
    ...of(instance.series, ['instances', id, 'series']),
    ...of(instance.system, ['instances', id, 'system']),
  ]);
  return [...of(test.series, ['series']), ...of(test.system, ['system']), ...own];
};

const systemless = (test: TestFile, { policy }: CompiledService): readonly Finding[] => {
  if (policy.system !== null) return [];
  const hint = "name the node's page in the service: system: {url: …}";
  const said = finding(['system'], 'this service reads no system page', hint);
  const own = Object.entries(test.instances)
    .filter(([, { system }]) => system !== undefined)
    .map(([id]) => ({ ...said, path: ['instances', id, 'system'] }));
  return [...(test.system === undefined ? [] : [said]), ...own];
};

/** What is wrong with a test of this service; paths are within the test. */
export const checkTest = (test: TestFile, compiled: CompiledService): readonly Finding[] => {
  const { policy } = compiled;
  const metrics = policy.metrics.map(({ name }) => name as string);
  const { intervalMs } = policy.scrape;
  const lasts = scrapesOf(test, intervalMs);
  return [
    ...(Object.keys(test.instances).length === 0 ? [finding(['instances'], 'needs at least one instance')] : []),
    ...systemless(test, compiled),
    ...unreadSeries(test, compiled),
    ...test.expect.flatMap((expectation, i) => [
      ...timesOf(expectation, ['expect', i]),
      ...namesOf(expectation, test, metrics, ['expect', i]),
    ]),
    ...(lasts > mostScrapes
      ? [finding(['expect'], `the last time is ${lasts} scrapes away, more than the limit of ${mostScrapes}`)]
      : []),
  ];
};
