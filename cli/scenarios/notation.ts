/**
 * How a series is written: items with blanks between them, each with a count.
 *   5          a value                    0+10     a value, and so much more at each further scrape
 *   +10        so much more than before   _ stale  not on the page
 *   nan inf -inf
 *   …x20       twenty scrapes of it       …x*      of it to the end; a single item needs no count for that
 * A count is the number of scrapes: `0+10x3` is 0 10 20.
 */

export interface Item {
  readonly word: string;
  /** Scrapes; infinite: to the end. */
  readonly times: number;
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly wrong: string };

/** More than any test needs: 100,000 scrapes are five days at 5 s. */
export const mostScrapes = 100_000;

const ok = <T>(value: T): Parsed<T> => ({ ok: true, value });
const wrong = (text: string): { readonly ok: false; readonly wrong: string } => ({ ok: false, wrong: text });

/** Words and how often each stands. `x3` may stand apart from its word. */
export const parseItems = (text: string): Parsed<readonly Item[]> => {
  const parts = text
    .trim()
    .replaceAll(/\s+x(?=(?:\d+|\*)(?:\s|$))/g, 'x')
    .split(/\s+/)
    .filter((part) => part !== '');
  if (parts.length === 0) return wrong('nothing is written');
  const items: Item[] = [];
  for (const [place, part] of parts.entries()) {
    const [, word = part, count] = /^(.+?)x(\d+|\*)$/.exec(part) ?? [];
    const endless = count === '*' || (count === undefined && parts.length === 1);
    const times = endless ? Infinity : Number(count ?? 1);
    if (endless && place < parts.length - 1) return wrong(`"${part}" goes on to the end, and something follows it`);
    if (!endless && (times < 1 || times > mostScrapes))
      return wrong(`"${part}": a count is between 1 and ${mostScrapes}`);
    items.push({ word, times });
  }
  return ok(items);
};

/** Of each scrape its word; null after the last. At most `count`. */
export const spread = <T>(items: readonly { readonly word: T; readonly times: number }[], count: number): T[] => {
  const words: T[] = [];
  for (const { word, times } of items) for (let i = 0; i < times && words.length < count; i += 1) words.push(word);
  return words;
};

/** Items whose words are among the known ones. */
export const parseWords = <T extends string>(
  text: string,
  known: readonly T[],
): Parsed<readonly { readonly word: T; readonly times: number }[]> => {
  const items = parseItems(text);
  if (!items.ok) return items;
  const found: { word: T; times: number }[] = [];
  for (const { word, times } of items.value) {
    const meant = known.find((each) => each === word);
    if (meant === undefined) return wrong(`"${word}" is none of ${known.join(', ')}`);
    found.push({ word: meant, times });
  }
  return ok(found);
};

/** One item of a series: null start: from the value before. */
interface Run {
  readonly gap: boolean;
  readonly start: number | null;
  readonly step: number;
  readonly times: number;
}

export type Values = readonly Run[];

const number = String.raw`(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?)`;
const runPattern = new RegExp(`^(-?${number})?([+-]-?${number})?$`, 'i');
const special: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, '+inf': Infinity, '-inf': -Infinity };

const runOf = ({ word, times }: Item): Run | null => {
  const gap = word === '_' || word === 'stale';
  if (gap) return { gap, start: null, step: 0, times };
  const named = special[word.toLowerCase()];
  if (named !== undefined) return { gap, start: named, step: 0, times };
  const [whole, start, step] = runPattern.exec(word) ?? [];
  if (whole === undefined) return null;
  return { gap, start: start === undefined ? null : Number(start), step: Number(step?.replace('+-', '-') ?? 0), times };
};

/** A series as written, or what is wrong with it. */
export const parseValues = (text: string): Parsed<Values> => {
  const items = parseItems(text);
  if (!items.ok) return items;
  const runs: Run[] = [];
  for (const item of items.value) {
    const run = runOf(item);
    if (run === null)
      return wrong(`"${item.word}" is no value: write 5, 0+10, +10 (more than before), _ (no sample), nan, inf`);
    if (!run.gap && run.start === null && !runs.some(({ gap }) => !gap))
      return wrong(`"${item.word}" goes on from a value, and none stands before it`);
    runs.push(run);
  }
  return ok(runs);
};

/** The first `count` values; null where the series is not on the page, also after its end. */
export const valuesOf = (runs: Values, count: number): readonly (number | null)[] => {
  const values: (number | null)[] = [];
  let last = 0;
  for (const { gap, start, step, times } of runs)
    for (let i = 0; i < times && values.length < count; i += 1) {
      if (!gap) last = start !== null && i === 0 ? start : last + step;
      values.push(gap ? null : last);
    }
  while (values.length < count) values.push(null);
  return values;
};

export interface SeriesName {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const labelPattern = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/y;
const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));

/** `name{label="value"}` */
export const parseSeriesName = (text: string): Parsed<SeriesName> => {
  const [, name, inner = ''] = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{([\s\S]*)\})?\s*$/.exec(text) ?? [];
  if (name === undefined) return wrong(`"${text}" is no series; write it like requests_total{status="200"}`);
  const labels: Record<string, string> = {};
  for (let at = 0; inner.slice(at).trim() !== ''; at = labelPattern.lastIndex) {
    labelPattern.lastIndex = at;
    const [, label, value] = labelPattern.exec(inner) ?? [];
    if (label === undefined || value === undefined)
      return wrong(`the labels of "${text}" are not label="value", with commas between`);
    Object.defineProperty(labels, label, { value: unescaped(value), enumerable: true, configurable: true });
  }
  return ok({ name, labels });
};
