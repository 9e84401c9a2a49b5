/** What a Prometheus server has of its series, as series for our own evaluator. */
import { ListedSource, type ListedSample } from '../../../engine/derive/listed/index.js';
import type { RunningPrometheus } from '../../support/prometheus.js';
import type { Answer } from '../../engine/derive/promql/promtool.js';
import { readFloat } from '../../../engine/derive/promql/literals.js';

const numberOf = (text: string): number => {
  const value = readFloat(text);
  if (value === undefined) throw new Error(`Prometheus says ${text}, which is no number`);
  return value;
};

const msOf = (seconds: number): number => Math.round(seconds * 1000);

interface RawSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly samples: readonly { readonly atMs: number; readonly value: number }[];
}

/** All samples of the five minutes before. */
export const rawSeries = async (server: RunningPrometheus, atSeconds: number): Promise<readonly RawSeries[]> => {
  const answer = await server.answer('{__name__=~".+"}[5m]', atSeconds);
  if (answer.status !== 'success' || answer.data.resultType !== 'matrix') throw new Error('there are no raw samples');
  return answer.data.result.map(({ metric, values }) => ({
    metric,
    samples: values.map(([seconds, text]) => ({ atMs: msOf(seconds), value: numberOf(text) })),
  }));
};

/**
 * The API does not show where a series ended: it did where its target was scraped and it has no sample. All samples of a
 * scrape carry its time, as `up` does.
 */
export const sourceOf = (all: readonly RawSeries[]): ListedSource => {
  const scrapes = new Map<string, readonly number[]>();
  for (const { metric, samples } of all)
    if (metric['__name__'] === 'up')
      scrapes.set(
        metric['instance'] ?? '',
        samples.map(({ atMs }) => atMs),
      );
  return new ListedSource(
    all.map(({ metric, samples }) => {
      const { __name__: name = '', ...labels } = metric;
      return { name, labels, samples: withEnds(samples, scrapes.get(labels['instance'] ?? '') ?? []) };
    }),
  );
};

const withEnds = (samples: RawSeries['samples'], scrapes: readonly number[]): ListedSample[] => {
  const byTime = new Map(samples.map((sample) => [sample.atMs, sample]));
  const first = samples[0]?.atMs ?? Infinity;
  return scrapes.flatMap((atMs): ListedSample[] =>
    atMs < first ? [] : [byTime.get(atMs) ?? { atMs, value: 'stale' }],
  );
};

/** A time just before that at which no range of whole seconds begins or ends at a sample: 2.42 and 3 differ there. */
export const timeBetweenSamples = (all: readonly RawSeries[], beforeMs: number): number => {
  const taken = new Set(all.flatMap(({ samples }) => samples.map(({ atMs }) => atMs % 1000)));
  for (let atMs = beforeMs; atMs > beforeMs - 1000; atMs--) if (!taken.has(atMs % 1000)) return atMs;
  throw new Error('there is a sample in each millisecond');
};

/** What the server itself answers. */
export const serverAnswer = async (server: RunningPrometheus, query: string, atMs: number): Promise<Answer> => {
  const answer = await server.answer(query, atMs / 1000);
  if (answer.status === 'error') return { error: answer.error };
  const { data } = answer;
  if (data.resultType === 'scalar') return [{ labels: {}, value: numberOf(data.result[1]) }];
  if (data.resultType !== 'vector') throw new Error(`${query} is a ${data.resultType}`);
  return data.result.map(({ metric, value }) => ({ labels: metric, value: numberOf(value[1]) }));
};
