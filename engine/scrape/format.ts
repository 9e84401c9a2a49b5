/** What a page is written in: by its Content-Type, or where that says nothing, by the page itself. */
import type { ScrapeFormat } from '../../config/index.js';
import type { Target } from '../model.js';
import { isBlank } from './blank.js';
import { Remembered } from './remembered.js';

/** `actuator` is not the form of one page but a way to find several: see actuator.ts. */
export type PageFormat = 'prometheus' | 'openmetrics' | 'json';

/** Services write a handful of them. */
const types = new Remembered<string>(16 * 1024);

const typeOf = (contentType: string | null): string =>
  contentType === null ? '' : types.at(contentType, () => contentType.split(';')[0]?.trim().toLowerCase() ?? '');

const unfit: Readonly<Record<string, string>> = {
  'text/html': 'HTML',
  'application/xhtml+xml': 'HTML',
  'application/vnd.google.protobuf': 'protobuf',
};

/** Why no page of that type can be read; null: it may be. */
export const unfitType = (contentType: string | null): string | null => {
  const type = typeOf(contentType);
  const what = Object.hasOwn(unfit, type) ? unfit[type] : undefined;
  return what === undefined ? null : `it is ${what} (Content-Type ${type})`;
};

/** The format that a Content-Type names; null: it names none of ours. */
export const formatOfType = (contentType: string | null): PageFormat | null => {
  const type = typeOf(contentType);
  if (type === 'application/openmetrics-text') return 'openmetrics';
  if (type === 'text/plain') return 'prometheus';
  return type === 'application/json' || type === 'text/json' || /^application\/.+\+json$/.test(type) ? 'json' : null;
};

const blank = (byte: number | undefined): boolean => isBlank(byte) || byte === 0x0a;

/**
 * Without a Content-Type that says it: a page whose last line is `# EOF` is OpenMetrics; one that begins like a JSON object
 * or list is JSON; all else is Prometheus text, as it is for Prometheus.
 */
export const formatOfPage = (page: Buffer): PageFormat => {
  let end = page.length;
  if (page[end - 1] === 0x0a) end--;
  const last = page.toString('latin1', Math.max(0, end - 6), end);
  if (last === '# EOF' || last === '\n# EOF') return 'openmetrics';
  let at = page[0] === 0xef && page[1] === 0xbb && page[2] === 0xbf ? 3 : 0;
  while (blank(page[at])) at++;
  if (page[at] === 0x5b) return 'json';
  return page[at] === 0x7b && !/^\{\s*"(?:[^"\\]|\\.)*"\s*[,}]/.test(page.toString('latin1', at, at + 2048))
    ? 'json'
    : 'prometheus';
};

export const formatOf = (contentType: string | null, page: Buffer): PageFormat =>
  formatOfType(contentType) ?? formatOfPage(page);

const text = 'text/plain;version=0.0.4';
const openMetrics = 'application/openmetrics-text;version=1.0.0';

/**
 * What is asked for. Text comes first: it is what people see with curl and write queries for (some exporters rename counters
 * for OpenMetrics), and it is cheaper to read. An exporter that has only the other is taken too.
 */
const accepts: Readonly<Record<ScrapeFormat, string>> = {
  auto: `${text};q=1,${openMetrics};q=0.8,application/json;q=0.5,*/*;q=0.1`,
  prometheus: `${text};q=1,*/*;q=0.1`,
  openmetrics: `${openMetrics};q=1,*/*;q=0.1`,
  json: 'application/json;q=1,*/*;q=0.1',
  actuator: 'application/json;q=1,*/*;q=0.1',
};

/** The headers that say what is wanted. Compression costs an exporter more than a page in the same network is worth: see docs. */
export const wishesOf = ({
  format = 'auto',
  gzip = false,
}: Pick<Target, 'format' | 'gzip'>): Readonly<Record<string, string>> =>
  gzip ? { accept: accepts[format], 'accept-encoding': 'gzip, deflate;q=0.5' } : { accept: accepts[format] };
