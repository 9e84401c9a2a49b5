/** Pages of any format, read for one filter. */
import type { ScrapeFormat } from '../../config/index.js';
import type { SeriesFilter } from '../model.js';
import { formatOf, formatOfType } from './format.js';
import type { PageFormat } from './format.js';
import { parseJson } from './json.js';
import { OpenMetricsReader } from './openmetrics/reader.js';
import { parseText } from './text.js';
import type { PageText } from './text.js';

const openMetricsReaders = new WeakMap<SeriesFilter, OpenMetricsReader>();

/** Accepted or refused as a whole: the first problem is the reason. */
const readOpenMetrics = (page: Buffer, filter: SeriesFilter): PageText => {
  let reader = openMetricsReaders.get(filter);
  if (!reader) openMetricsReaders.set(filter, (reader = new OpenMetricsReader(filter)));
  const { samples, problems } = reader.read(page);
  const [first] = problems;
  return first === undefined
    ? { ok: true, samples, warnings: [] }
    : { ok: false, why: `it is no OpenMetrics page: line ${first.line} ${first.why}` };
};

const readJson = (page: Buffer, filter: SeriesFilter): PageText => {
  const read = parseJson(page, filter);
  return read.ok ? { ok: true, samples: read.samples, warnings: read.problems } : read;
};

const readers: Readonly<Record<PageFormat, (page: Buffer, filter: SeriesFilter) => PageText>> = {
  prometheus: parseText,
  openmetrics: readOpenMetrics,
  json: readJson,
};

/** One page for one filter, as `format` says; `auto`: as its Content-Type says, or it itself. What was learned is kept with the filter. */
export const readPage = (
  page: Buffer,
  contentType: string | null,
  filter: SeriesFilter,
  format: Exclude<ScrapeFormat, 'actuator'>,
): PageText => {
  if (format === 'auto') return readers[formatOf(contentType, page)](page, filter);
  const read = readers[format](page, filter);
  const said = formatOfType(contentType);
  if (read.ok || said === null || said === format) return read;
  return {
    ok: false,
    why: `${read.why}; it was read as ${format}, as the service file says, and came as ${contentType}`,
  };
};
