/** Recorded pages played to whoever looks, on a clock that passes as soon as anybody waits. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fetch, World } from '../../../cli/init/look.js';
import type { SeriesFilter, Target } from '../../../engine/model.js';
import { readPage } from '../../../engine/scrape/read.js';
import type { Clock } from '../../../lib/clock.js';
import { packageRoot } from '../../../lib/paths.js';

export const recorded = (preset: string, n: number): string =>
  readFileSync(
    join(packageRoot, 'test/fixtures/presets', `${preset}-${n}.${preset === 'json-health' ? 'json' : 'prom'}`),
    'utf8',
  );

/** Time passes only for whoever sleeps. */
export const hastyClock = (start = Date.UTC(2030, 0, 1)): Clock => {
  let elapsed = 0;
  return {
    now: () => start + elapsed,
    mono: () => elapsed,
    sleep: (ms) => {
      elapsed += ms;
      return Promise.resolve();
    },
  };
};

/** Answers by path; null: connection refused. */
export const worldOf = (
  answer: (url: URL, elapsedMs: number) => string | null,
): World & { readonly asked: string[] } => {
  const clock = hastyClock();
  const asked: string[] = [];
  const fetch: Fetch = (target: Target, filter: SeriesFilter) => {
    const url = new URL(target.url);
    asked.push(target.url);
    const text = answer(url, clock.mono());
    const page = text === null ? null : readPage(Buffer.from(text), null, filter, 'auto');
    const outcome =
      page === null
        ? ({ kind: 'refused', why: 'connection refused' } as const)
        : page.ok
          ? ({ kind: 'page', samples: page.samples, warnings: page.warnings } as const)
          : ({ kind: 'unreadable', why: page.why } as const);
    return Promise.resolve({ target: target.key, startedAt: clock.now(), durationMs: 1, outcome });
  };
  return { fetch, clock, signal: new AbortController().signal, asked };
};
