import type { Sample } from '../../model.js';
import { keyOf, nameLabel, withLabel } from '../promql/labels.js';
import type { ListedSample, ListedSeries } from './series.js';

export interface ListedPage {
  readonly atMs: number;
  readonly samples: readonly Sample[];
}

interface Growing extends ListedSeries {
  readonly samples: ListedSample[];
  page: number;
}

/** The series of one target from its pages, oldest first: one that a page no longer shows ended there. */
export const seriesOfPages = (pages: readonly ListedPage[]): ListedSeries[] => {
  const series = new Map<string, Growing>();
  pages.forEach(({ atMs, samples }, page) => {
    for (const { name, labels, value, timestampMs } of samples) {
      const key = keyOf(withLabel(labels, nameLabel, name));
      let known = series.get(key);
      if (!known) series.set(key, (known = { name, labels, samples: [], page: -1 }));
      const sampledAt = timestampMs ?? atMs;
      const seen = known.page === page || sampledAt <= (known.samples.at(-1)?.atMs ?? -Infinity);
      known.page = page;
      if (seen) continue;
      known.samples.push({ atMs: sampledAt, value });
    }
    for (const known of series.values()) if (known.page === page - 1) known.samples.push({ atMs, value: 'stale' });
  });
  return [...series.values()];
};
