/**
 * Series in the notation of Prometheus's own tests: `name{label="value"} 0+10x5`. A step that is `_` or `stale` is a page on
 * which the series does not stand.
 */
import { Slabs } from '../../../lib/slab.js';
import type { Labels, Sample, TargetKey } from '../../../engine/model.js';
import { evaluate } from '../../../engine/derive/promql/evaluate.js';
import { parseQuery } from '../../../engine/derive/promql/parse.js';
import { createSelector } from '../../../engine/derive/promql/selector.js';
import type { Value } from '../../../engine/derive/promql/values.js';
import { Scope } from '../../../engine/derive/scope.js';
import { ScopeView } from '../../../engine/derive/scope-view.js';
import { Interning, NameSets } from '../../../engine/derive/store/interning.js';
import { PageWindow } from '../../../engine/derive/store/page.js';
import { Retention } from '../../../engine/derive/store/retention.js';
import { parseText } from '../../../engine/scrape/text.js';
import { readValue } from '../../../engine/scrape/value.js';
import { wantingAll } from '../scrape/filters.js';

export interface Notation {
  readonly series: string;
  readonly values: string;
}

const numbers = (text: string): readonly (number | null)[] =>
  text
    .trim()
    .split(/\s+/)
    .flatMap((item) => {
      const run = /^(.+?)(?:([+-][\d.]+))?x(\d+)$/.exec(item);
      if (!run) return [item === '_' || item === 'stale' ? null : (readValue(item) ?? NaN)];
      const [, start = '', step = '0', times = '0'] = run;
      if (start === '_') return new Array<null>(Number(times)).fill(null);
      return Array.from({ length: Number(times) + 1 }, (_, i) => (readValue(start) ?? NaN) + i * Number(step));
    });

const seriesOf = (text: string): { name: string; labels: Labels } => {
  const page = parseText(`${text} 1\n`, wantingAll);
  const sample = page.ok ? page.samples[0] : undefined;
  if (!sample) throw new Error(`no series: ${text}`);
  return sample;
};

/** One page, scraped each `intervalMs` from time 0 on, whose series go as written. */
export const load = (intervalMs: number, notations: readonly Notation[], key = 'page'): PageWindow => {
  const all = notations.map(({ series, values }) => ({ ...seriesOf(series), values: numbers(values) }));
  const retention = new Retention([{ selector: createSelector(null, []), windowMs: 3_600_000 }]);
  const page = new PageWindow(key as TargetKey, 'http://10.0.0.1/', 'app', intervalMs, retention, null);
  const shared = { interning: new Interning(), names: new NameSets(), slabs: new Slabs() };
  const steps = Math.max(...all.map(({ values }) => values.length));
  for (let step = 0; step < steps; step++) {
    const samples = all.flatMap(({ name, labels, values }): Sample[] => {
      const value = values[step] ?? null;
      return value === null ? [] : [{ name, labels, value, timestampMs: null }];
    });
    page.apply(step * intervalMs, samples, shared);
  }
  return page;
};

/** The value of a query on these pages; throws with the problem of a query that is none. */
export const valueAt = (
  query: string,
  pages: readonly PageWindow[],
  atMs: number,
  afterMs: number | null = null,
): Value => {
  const parsed = parseQuery(query, { rateIntervalMs: 5_000 });
  if (!parsed.ok) throw new Error(`${query}: ${parsed.problem.message}`);
  return evaluate(parsed.expr, new ScopeView(new Scope(pages), afterMs), atMs);
};

const name = '__name__';

/** `name{label="value"} 1` for each element, sorted; a scalar is its number. */
export const printed = (value: Value): readonly string[] => {
  if (value.kind === 'scalar') return [String(value.value)];
  return value.vector
    .map(({ labels, value: number }) => {
      const pairs = Object.keys(labels)
        .filter((label) => label !== name)
        .sort()
        .map((label) => `${label}=${JSON.stringify(labels[label])}`);
      return `${labels[name] ?? ''}{${pairs.join(',')}} ${number}`;
    })
    .sort();
};
