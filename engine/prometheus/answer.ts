/** Reads what a Prometheus server answers to an instant query (its HTTP API v1). Pure. */
import { z } from 'zod';
import { answerName, type Labels, type Sample, type ScrapeOutcome, type Target } from '../model.js';

const point = z.tuple([z.number(), z.string()]);
const element = z.object({ metric: z.record(z.string(), z.string()), value: point });
/** A histogram as newer servers may answer: no number. */
const native = z.object({ metric: z.record(z.string(), z.string()), histogram: z.unknown() });

const reply = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    data: z.object({ resultType: z.string(), result: z.unknown() }),
    warnings: z.array(z.string()).nullish(),
  }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
]);

const numbers: Readonly<Record<string, number>> = { NaN, '+Inf': Infinity, '-Inf': -Infinity };

/** Prometheus writes numbers as Go does. Undefined: that is none. */
const numberOf = (text: string): number | undefined => {
  if (Object.hasOwn(numbers, text)) return numbers[text];
  const value = Number(text);
  return text.trim() === '' || Number.isNaN(value) ? undefined : value;
};

/** Older than the request by more than this, the answer comes out of somebody's cache, or of a clock that is behind. */
const youngMs = 1_000;
/** Clocks that differ by more are worth a word. */
const skewMs = 30_000;

export interface AnswerContext {
  readonly target: Target;
  /** When the question was sent, epoch milliseconds. */
  readonly askedAt: number;
}

const unreadable = (why: string): ScrapeOutcome => ({ kind: 'unreadable', why });

const cut = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 300);

/** A server that is busy or starting says nothing of the question: as a lost scrape, what was known stays for a while. */
const isPassing = (status: number): boolean => status >= 500 || status === 429 || status === 408;

const whyStatus = (status: number, said: string): string => {
  const hint = status === 401 || status === 403 ? ' (is its token or password right?)' : '';
  return `status ${status}${said === '' ? '' : `: ${said}`}${hint}`;
};

/** The outcome of one question, given the status and the body of the answer. Never throws. */
export const readAnswer = (status: number, body: string, context: AnswerContext): ScrapeOutcome => {
  const parsed = parse(body);
  const error = parsed?.status === 'error' ? `${parsed.errorType}: ${cut(parsed.error)}` : '';
  if (status !== 200 || parsed?.status === 'error') {
    const said = error === '' && parsed === null ? cut(body.slice(0, 300)) : error;
    return isPassing(status) ? { kind: 'lost', why: whyStatus(status, said) } : unreadable(whyStatus(status, said));
  }
  if (parsed === null) return unreadable('the answer is not that of a Prometheus server: is the URL right?');
  return readData(parsed.data, parsed.warnings ?? [], context);
};

const parse = (body: string): z.infer<typeof reply> | null => {
  try {
    return reply.parse(JSON.parse(body));
  } catch {
    return null;
  }
};

const readData = (
  { resultType, result }: { readonly resultType: string; readonly result?: unknown },
  warnings: readonly string[],
  context: AnswerContext,
): ScrapeOutcome => {
  const { mapping } = context.target;
  const label = mapping.kind === 'label' ? mapping.label : '';
  if (resultType !== 'vector')
    return unreadable(
      `the query gives a ${resultType}, in which nobody is named: it must give elements with the label "${label}"`,
    );
  const list = z.array(z.unknown()).safeParse(result);
  if (!list.success) return unreadable('the answer is not that of a Prometheus server: its vector is no list');
  const samples: Sample[] = [];
  const bad: string[] = [];
  for (const raw of list.data) {
    const sample = readElement(raw, context);
    if (typeof sample === 'string') bad.push(sample);
    else samples.push(sample);
  }
  return { kind: 'page', samples, warnings: [...bad, ...warnings.map(cut), ...troubles(samples, context)] };
};

const readElement = (raw: unknown, { askedAt }: AnswerContext): Sample | string => {
  const parsed = element.safeParse(raw);
  if (!parsed.success)
    return native.safeParse(raw).success
      ? 'an element is a native histogram, which is no number'
      : 'an element is none';
  const { metric, value } = parsed.data;
  const number = numberOf(value[1]);
  if (number === undefined)
    return `an element has the value ${JSON.stringify(value[1].slice(0, 40))}, which is no number`;
  const at = Math.round(value[0] * 1_000);
  return {
    name: answerName,
    labels: withoutName(metric),
    value: number,
    timestampMs: at < askedAt - youngMs ? at : null,
  };
};

const withoutName = ({ __name__: _, ...labels }: Labels): Labels => labels;

/** What a person should mend: whom the answer does not name, and clocks that differ. */
const troubles = (samples: readonly Sample[], { target, askedAt }: AnswerContext): readonly string[] => {
  const oldest = samples.reduce((least, { timestampMs }) => Math.min(least, timestampMs ?? Infinity), Infinity);
  const skew = askedAt - oldest;
  return [
    ...unnamed(samples, target),
    ...(skew > skewMs
      ? [`the answer is ${Math.round(skew / 1_000)} s old: a cache between, or a clock that is behind`]
      : []),
  ];
};

/** Few enough for a line of the log. */
const shown = 3;

const unnamed = (samples: readonly Sample[], { mapping }: Target): readonly string[] => {
  if (mapping.kind !== 'label' || mapping.values.size === 0) return [];
  const { label, values } = mapping;
  const named = new Set(samples.map(({ labels }) => (Object.hasOwn(labels, label) ? labels[label] : undefined)));
  const missing = [...values.keys()].filter((value) => !named.has(value)).sort();
  if (missing.length === 0) return [];
  const others = [...named].filter((value) => value !== undefined && !values.has(value)).sort();
  const examples = (all: readonly (string | undefined)[]): string =>
    `${all
      .slice(0, shown)
      .map((value) => JSON.stringify(value?.slice(0, 80)))
      .join(', ')}${all.length > shown ? ', …' : ''}`;
  const found =
    others.length > 0
      ? `it names ${examples(others)} instead`
      : samples.length > 0 && named.has(undefined)
        ? `its elements have no label "${label}"`
        : `it has ${samples.length} elements`;
  return [
    `${missing.length} of ${values.size} values of ${label} are not in the answer (${examples(missing)}); ${found}`,
  ];
};
