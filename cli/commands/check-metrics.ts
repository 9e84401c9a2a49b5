/** `ballast check metrics`: a page from standard input, or a page for each line of it. */
import { z } from 'zod';
import { checkPage } from '../../engine/scrape/index.js';
import type { CheckedPage, Labels, Sample } from '../../engine/scrape/index.js';
import { messageOf } from '../../lib/errors.js';
import { exit } from '../exit.js';
import type { ExitCode } from '../exit.js';
import type { Io } from '../io.js';
import { answerLines } from '../lines.js';

export interface MetricCheckOptions {
  readonly contentType: string | null;
  readonly format: 'text' | 'json';
}

/** JSON has no word for NaN and infinity. */
const valueOf = (value: number): number | string => {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
};

const row = ({ name, labels, value }: Sample): readonly [string, Labels, number | string] => [
  name,
  labels,
  valueOf(value),
];

const quoted = (text: string): string => `"${text.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`;

const listed = ({ name, labels, value }: Sample): string => {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}=${quoted(text)}`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${valueOf(value)}`;
};

const formats = { prometheus: 'Prometheus text 0.0.4', openmetrics: 'OpenMetrics 1.0', json: 'JSON' } as const;

const summary = ({ format }: CheckedPage): string => (format === null ? '' : `, read as ${formats[format]}`);

/** Samples are the data; what is wrong, and how many there are, is said beside it. */
const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

export const checkMetrics = async (io: Io, { contentType, format }: MetricCheckOptions): Promise<ExitCode> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of io.input()) chunks.push(chunk);
  const page = checkPage(Buffer.concat(chunks), contentType);
  if (!page.ok) {
    io.err(page.problems.map((problem) => `${problem}\n`).join(''));
    io.err(`not a good page: ${count(page.problems.length, 'problem')}${summary(page)}\n`);
    return exit.failed;
  }
  const line = format === 'json' ? (sample: Sample) => JSON.stringify(row(sample)) : listed;
  for (const sample of page.samples) io.out(`${line(sample)}\n`);
  const names = new Set(page.samples.map(({ name }) => name)).size;
  io.err(`fine: ${count(page.samples.length, 'sample')} of ${count(names, 'name')}${summary(page)}\n`);
  return exit.fine;
};

const request = z.object({ contentType: z.string().nullish(), text: z.string() });

const answer = (line: string): object => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    return { ok: false, error: `this line of input is not JSON: ${messageOf(error).slice(0, 200)}` };
  }
  const asked = request.safeParse(parsed);
  if (!asked.success) return { ok: false, error: 'expected {"contentType": "a type or null", "text": "the page"}' };
  const page = checkPage(Buffer.from(asked.data.text), asked.data.contentType ?? null);
  return page.ok ? { ok: true, samples: page.samples.map(row) } : { ok: false, error: page.problems.join('; ') };
};

/** One answer per line of input, whatever the line holds. */
export const checkMetricsBatch = async (io: Io): Promise<ExitCode> => {
  await answerLines(io, (line) => JSON.stringify(answer(line)));
  return exit.fine;
};
