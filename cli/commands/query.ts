/** `ballast query`: PromQL as the engine answers it, over a page, a live address, or series that are written down. */
import { formatDuration } from '../../config/units.js';
import { Batch, ListedSource, prepareQuery, seriesOfPages } from '../../engine/derive/listed/index.js';
import type { AnsweredElement, ListedPage, PreparedQuery } from '../../engine/derive/listed/index.js';
import type { SeriesFilter, Target, TargetKey } from '../../engine/model.js';
import { PageFetcher, parseText } from '../../engine/scrape/index.js';
import { BallastError } from '../../lib/errors.js';
import { exit } from '../exit.js';
import type { ExitCode } from '../exit.js';
import type { Io } from '../io.js';
import { answerLines } from '../lines.js';

export interface QueryOptions {
  /** Where a metrics page is; null: the page comes from standard input. */
  readonly url: string | null;
  readonly everyMs: number;
  /** How often the page is read; null: twice for ranges, else once. */
  readonly times: number | null;
  readonly format: 'text' | 'json';
}

/** One answer per line of input, whatever the line holds. */
export const queryBatch = async (io: Io): Promise<ExitCode> => {
  const batch = new Batch();
  await answerLines(io, (line) => batch.answer(line));
  return exit.fine;
};

/** The answer is the data; that there is none, and why, is said beside it. */
export const query = async (io: Io, text: string, options: QueryOptions): Promise<ExitCode> => {
  const prepared = prepareQuery(text);
  if (!prepared.ok) throw new BallastError('bad-query', prepared.error);
  const pages = options.url === null ? [await givenPage(io)] : await livePages(io, prepared.query, options);
  const answer = prepared.query.ask(new ListedSource(seriesOfPages(pages)), pages.at(-1)?.atMs ?? io.clock.now());
  if ('error' in answer) throw new BallastError('query-failed', answer.error);
  io.out(
    options.format === 'json' ? `${JSON.stringify(answer)}\n` : answer.map((each) => `${printed(each)}\n`).join(''),
  );
  io.err(answer.length === 0 ? `no value${whyNone(prepared.query, pages)}\n` : howShort(prepared.query, pages));
  return exit.fine;
};

/** A rate divides by its whole range, however little of it was seen. */
const howShort = ({ rangeMs }: PreparedQuery, pages: readonly ListedPage[]): string => {
  const seenMs = (pages.at(-1)?.atMs ?? 0) - (pages[0]?.atMs ?? 0);
  if (rangeMs === 0 || seenMs >= rangeMs / 2) return '';
  const [seen, range] = [seenMs, rangeMs].map((ms) => formatDuration(Math.round(ms)));
  return `only ${seen} of a range of ${range} were seen: a rate over it is that much too low; ask for a shorter range, or see --times\n`;
};

const whyNone = ({ rangeMs }: PreparedQuery, pages: readonly ListedPage[]): string => {
  if (pages.every(({ samples }) => samples.length === 0)) return ': the page shows no series';
  return rangeMs > 0 && pages.length === 1
    ? ': a range needs more than one reading of a page, see --url and --times'
    : '';
};

const everything: SeriesFilter = { names: new Set(), open: true, wants: () => true };

const givenPage = async (io: Io): Promise<ListedPage> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of io.input()) chunks.push(chunk);
  const page = parseText(Buffer.concat(chunks), everything);
  if (!page.ok) throw new BallastError('bad-page', `standard input is no metrics page: ${page.why}`);
  return pageOf(io, page.samples, page.warnings, io.clock.now());
};

const pageOf = (io: Io, samples: ListedPage['samples'], warnings: readonly string[], atMs: number): ListedPage => {
  io.err(warnings.map((warning) => `warning: ${warning}\n`).join(''));
  return { atMs, samples };
};

const timeoutMs = 10_000;

const targetOf = (url: string): Target => ({
  key: 'query' as TargetKey,
  url,
  level: 'app',
  intervalMs: timeoutMs,
  connectTimeoutMs: timeoutMs,
  timeoutMs,
  bodyLimitBytes: 64 * 1024 * 1024,
  mapping: { kind: 'whole', instances: [] },
});

const livePages = async (io: Io, { rangeMs }: PreparedQuery, options: QueryOptions): Promise<readonly ListedPage[]> => {
  const fetcher = new PageFetcher(io.clock);
  const target = targetOf(options.url ?? '');
  const pages: ListedPage[] = [];
  try {
    for (let left = options.times ?? (rangeMs > 0 ? 2 : 1); left > 0; left--) {
      if (pages.length > 0) await io.clock.sleep(options.everyMs, io.signal);
      const { outcome, startedAt } = await fetcher.fetch(target, everything, io.signal);
      if (outcome.kind !== 'page') throw new BallastError('no-page', `${target.url}: ${outcome.why}`);
      pages.push(pageOf(io, outcome.samples, outcome.warnings, startedAt));
    }
  } finally {
    await fetcher.close();
  }
  return pages;
};

const printed = ({ labels, value }: AnsweredElement): string => {
  const { __name__: name = '', ...others } = labels;
  const pairs = Object.entries(others).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
  const series = `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''}`;
  return series === '' ? String(value) : `${series} ${value}`;
};
