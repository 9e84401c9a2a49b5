/** Pages looked at as a whole, for people and for tests of exporters: every sample, and all that is wrong. */
import type { Sample, SeriesFilter } from '../model.js';
import { formatOf, unfitType } from './format.js';
import type { PageFormat } from './format.js';
import { parseJson } from './json.js';
import { OpenMetricsReader } from './openmetrics/reader.js';
import { PageReader } from './text.js';

/** `format`: what it was read as; null: it was not read. */
export type CheckedPage =
  | { readonly ok: true; readonly format: PageFormat; readonly samples: readonly Sample[] }
  /** A sentence each, in the order of the page. */
  | { readonly ok: false; readonly format: PageFormat | null; readonly problems: readonly string[] };

const everything: SeriesFilter = { names: new Set(), open: true, wants: () => true };

const openMetricsOf = (page: Buffer): readonly [readonly Sample[], readonly string[]] => {
  const { samples, problems } = new OpenMetricsReader(everything, true).read(page);
  const inOrder = [...problems].sort((one, other) => one.line - other.line);
  return [samples, inOrder.map(({ line, why }) => `line ${line} ${why}`)];
};

const jsonOf = (page: Buffer): readonly [readonly Sample[], readonly string[]] => {
  const read = parseJson(page, everything);
  return read.ok ? [read.samples, read.problems] : [[], [read.why]];
};

const textOf = (page: Buffer): readonly [readonly Sample[], readonly string[]] => {
  const read = new PageReader(everything, true).read(page);
  return read.ok ? [read.samples, read.warnings] : [[], [read.why]];
};

const readers = { openmetrics: openMetricsOf, json: jsonOf, prometheus: textOf } as const;

/**
 * Reads a page strictly: one wrong line makes it not ok, in any format. A series that stands twice in text 0.0.4 is two
 * samples, as the format leaves open what that means.
 */
export const checkPage = (page: Buffer, contentType: string | null): CheckedPage => {
  const unfit = unfitType(contentType);
  if (unfit !== null) return { ok: false, format: null, problems: [unfit] };
  const format = formatOf(contentType, page);
  const [samples, problems] = readers[format](page);
  return problems.length > 0 ? { ok: false, format, problems } : { ok: true, format, samples };
};
