/** The same cases, answered by the evaluator of the engine. */
import {
  ListedSource,
  prepareQuery,
  type Answer as WireAnswer,
  type ListedSeries,
} from '../../../../engine/derive/listed/index.js';
import { parseText } from '../../../../engine/scrape/index.js';
import { readValue } from '../../../../engine/scrape/value.js';
import { wantingAll } from '../../scrape/filters.js';
import type { Answer, Case } from './promtool.js';

const itemOf = (text: string): number | 'stale' | null => {
  if (text === '_') return null;
  return text === 'stale' ? 'stale' : (readValue(text) ?? NaN);
};

/** `1 2.5 NaN stale _`, and `0+10x5` for a run. */
export const valuesOf = (text: string): readonly (number | 'stale' | null)[] =>
  text
    .trim()
    .split(/\s+/)
    .flatMap((item) => {
      const run = /^(.+?)(?:([+-][\d.]+))?x(\d+)$/.exec(item);
      if (!run) return [itemOf(item)];
      const [, start = '', step = '0', times = '0'] = run;
      if (start === '_') return new Array<null>(Number(times)).fill(null);
      return Array.from({ length: Number(times) + 1 }, (_, i) => (readValue(start) ?? NaN) + i * Number(step));
    });

const seriesOf = ({ series, values }: Case['series'][number], stepMs: number): ListedSeries => {
  const page = parseText(`${series} 1\n`, wantingAll);
  const sample = page.ok ? page.samples[0] : undefined;
  if (!sample) throw new Error(`no series: ${series}`);
  const samples = valuesOf(values).flatMap((value, i) => (value === null ? [] : [{ atMs: i * stepMs, value }]));
  return { name: sample.name, labels: sample.labels, samples };
};

const numbers = { NaN: NaN, '+Inf': Infinity, '-Inf': -Infinity } as const;

/** From what goes over the wire. */
export const answerOf = (answer: WireAnswer): Answer =>
  'error' in answer
    ? answer
    : answer.map(({ labels, value }) => ({ labels, value: typeof value === 'number' ? value : numbers[value] }));

export const sourceOf = (series: Case['series'], intervalSeconds: number): ListedSource =>
  new ListedSource(series.map((each) => seriesOf(each, intervalSeconds * 1000)));

export const ourAnswers = ({ intervalSeconds, series, evals }: Case): readonly Answer[] => {
  const source = sourceOf(series, intervalSeconds);
  return evals.map(({ expr, atMs }) => {
    const prepared = prepareQuery(expr);
    return prepared.ok ? answerOf(prepared.query.ask(source, atMs)) : { error: prepared.error };
  });
};
