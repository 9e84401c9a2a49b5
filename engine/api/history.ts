/** What was: points for a chart, and explanations of a past time. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { BallastError } from '../../lib/errors.js';
import { json, queried, type Endpoint } from '../../lib/http/endpoints.js';
import { parseInstant } from '../../lib/instant.js';
import { didYouMean } from '../../lib/spelling.js';
import {
  explanationSchema,
  type historyPointSchema,
  historySchema,
  type Explanation,
  type Zone,
} from '../client/index.js';
import type { Board } from './board.js';
import { instanceNotFound, param, rowOf, serviceOf } from './request.js';
import type { RoutesOptions } from './routes.js';

/** Shapes of the store, as far as a chart needs them. */
interface Spread {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

interface PastPoint {
  readonly at: number;
  readonly evaluations: number;
  readonly zones: Readonly<Record<Zone, number>>;
  readonly raw: Spread | null;
  readonly smoothed: Spread | null;
  readonly metrics: readonly { readonly value: Spread | null; readonly penalty: Spread | null }[];
}

export interface PastRange {
  readonly service: string;
  readonly instance: string;
  readonly start: number;
  readonly end: number;
  readonly stepMs: number;
  readonly metrics: 'all' | readonly string[];
}

export interface PastOptions {
  readonly history: (range: PastRange) => {
    readonly parts: readonly {
      readonly resolution: 'raw' | 'minute' | 'hour';
      readonly from: number;
      readonly to: number;
    }[];
    readonly metrics: readonly string[];
    /** Every metric that was judged in that range. */
    readonly known: readonly string[];
    readonly aggregates: readonly PastPoint[];
  };
  readonly span: (service: string, instance: string) => { readonly first: number; readonly last: number } | null;
  /** A round step that makes about so many points of a range. */
  readonly stepFor: (rangeMs: number, points: number) => number;
  /** Throws a BallastError (404) where nothing is known. */
  readonly explainAt: (service: string, instance: string, time: number) => Explanation;
}

const USUAL_POINTS = 300;
const MOST_POINTS = 5_000;
const MOST_POINTS_WITH_METRICS = 1_000;
const HOUR_MS = 3_600_000;
/** Every answer is read in one go, so what is read for it is bounded: evaluations, and metrics of minutes. */
const MOST_BY_SECONDS_MS = 6 * HOUR_MS;
const MOST_BY_MINUTES_MS = 48 * HOUR_MS;

const refused = (message: string, hint: string): BallastError =>
  new BallastError('INVALID_RANGE', message, { status: 400, hint });

/** `otherwise` where the parameter is not given. */
const instant = (req: Request, name: string, otherwise: number, now: number): number => {
  const text = queried(req, name);
  const time = text === undefined ? otherwise : parseInstant(text, now);
  if (time !== null && Number.isSafeInteger(Math.round(time)) && Math.abs(time) < 8e15) return Math.round(time);
  throw refused(
    `${name}=${(text ?? '').slice(0, 80)} is no time`,
    'such as 2026-11-26T14:03:00Z, -15m, now, or seconds since the epoch',
  );
};

const stepOf = (text: string): number => {
  const ms = parseInstant(`-${text}`, 0) ?? parseInstant(`-${text}s`, 0);
  if (ms !== null && -ms >= 1_000) return Math.round(-ms);
  throw refused(`step=${text.slice(0, 80)} is no step`, 'such as 15s, 1m or 1h; at least 1s');
};

const metricsOf = (req: Request): 'all' | readonly string[] => {
  const text = queried(req, 'metrics') ?? '';
  return text === '*' ? 'all' : text.split(',').filter((name) => name !== '');
};

const rangeOf = (req: Request, { stepFor }: PastOptions, now: number): PastRange => {
  const end = instant(req, 'end', now, now);
  const start = instant(req, 'start', end - HOUR_MS, now);
  const metrics = metricsOf(req);
  if (start >= end) throw refused('start is not before end', 'without start it is the hour before end');
  const asked = queried(req, 'step');
  const stepMs = asked === undefined ? stepFor(end - start, USUAL_POINTS) : stepOf(asked);
  const most = metrics.length > 0 ? MOST_POINTS_WITH_METRICS : MOST_POINTS;
  if (stepMs < 60_000 && end - start > MOST_BY_SECONDS_MS)
    throw refused('a step under 1m is answered for at most 6 hours', 'take a step of 1m or more, or a shorter range');
  if (metrics.length > 0 && stepMs < HOUR_MS && end - start > MOST_BY_MINUTES_MS)
    throw refused(
      'metrics by less than an hour are answered for at most 2 days',
      'take a step of 1h, or a shorter range',
    );
  const points = Math.ceil((end - start) / Math.max(stepMs, 1_000));
  if (points > most)
    throw refused(
      `step ${stepMs / 1_000}s makes ${points} points, at most ${most} are answered${metrics.length > 0 ? ' with metrics' : ''}`,
      `take a step of ${Math.ceil((end - start) / most / 1_000)}s or more, or none to have one chosen`,
    );
  return { service: param(req, 'service'), instance: param(req, 'instance'), start, end, stepMs, metrics };
};

const worstFirst: readonly Zone[] = ['red', 'yellow', 'unknown', 'green'];
const iso = (ms: number): string => new Date(ms).toISOString();

/** Written out, as there are thousands; a test holds it against the schema. */
const encodePoint = (
  { at, evaluations, zones, raw, smoothed, metrics }: PastPoint,
  names: readonly string[],
): z.input<typeof historyPointSchema> => ({
  at: iso(at),
  evaluations,
  zone: worstFirst.find((zone) => zones[zone] > 0) ?? 'unknown',
  zones: {
    green: zones.green / evaluations,
    yellow: zones.yellow / evaluations,
    red: zones.red / evaluations,
    unknown: zones.unknown / evaluations,
  },
  score: raw,
  smoothed,
  ...(names.length > 0 && {
    metrics: Object.fromEntries(
      names.map((name, i) => [name, { value: metrics[i]?.value ?? null, penalty: metrics[i]?.penalty ?? null }]),
    ),
  }),
});

/** The instance must be there, or have been. */
const needed = (board: Board, { span }: PastOptions, req: Request): ReturnType<PastOptions['span']> => {
  const service = serviceOf(board, req);
  const instance = param(req, 'instance');
  const found = span(service.service, instance);
  if (found === null && !service.rows.has(instance)) throw instanceNotFound(service, instance);
  return found;
};

const sendHistory = (req: Request, res: Response, board: Board, past: PastOptions, now: number): void => {
  const span = needed(board, past, req);
  const range = rangeOf(req, past, now);
  const { parts, metrics, known, aggregates } = past.history(range);
  const strange = metrics.find((name) => known.length > 0 && !known.includes(name));
  if (strange !== undefined)
    throw refused(
      `no metric ${strange.slice(0, 80)} was judged in that time`,
      didYouMean(strange, known) ?? `there were ${known.join(', ')}`,
    );
  const { service, instance, start, end, stepMs } = range;
  const answer: z.input<typeof historySchema> = {
    ...{ service, instance, stepMs, start: iso(start), end: iso(end) },
    parts: parts.map(({ resolution, from, to }) => ({ resolution, start: iso(from), end: iso(to) })),
    span: span && { first: iso(span.first), last: iso(span.last) },
    points: aggregates.map((each) => encodePoint(each, metrics)),
  };
  res.json(answer);
};

const noInstance = { 404: 'no such service or instance' };

export const historyEndpoints = ({ board, clock }: RoutesOptions, past: PastOptions): readonly Endpoint[] => [
  {
    method: 'get',
    path: '/v1/scores/:service/:instance/history',
    summary: 'Scores, zones and, on demand, metrics of an instance over time: least, mean and largest of each step',
    query: {
      start: 'From when: RFC 3339, -24h, or seconds since the epoch; an hour before the end unless given',
      end: 'Until when; now unless given',
      step: 'What one point stands for, such as 15s or 1h; about 300 points unless given',
      metrics: 'Names with commas between, or * for all',
    },
    answer: json(historySchema),
    problems: noInstance,
    handle: (req, res) => sendHistory(req, res, board, past, clock.now()),
  },
];

export const explainEndpoint = ({ board, clock, explain, past }: RoutesOptions): Endpoint => ({
  method: 'get',
  path: '/v1/scores/:service/:instance/explain',
  summary: 'Why an instance has the score that it has, or had: each metric, its peers, a sentence',
  ...(past && { query: { at: 'When: RFC 3339, -15m, or seconds since the epoch; now unless given' } }),
  answer: json(explanationSchema),
  problems: { 404: 'no such service or instance, or nothing is known of that time' },
  handle: (req, res) => {
    const [service, instance] = [param(req, 'service'), param(req, 'instance')];
    const now = clock.now();
    if (past && queried(req, 'at') !== undefined) {
      needed(board, past, req);
      const explanation = past.explainAt(service, instance, instant(req, 'at', now, now));
      return void res.json(z.encode(explanationSchema, explanation));
    }
    rowOf(board, req);
    const explanation = explain(service, instance);
    if (!explanation) throw instanceNotFound(serviceOf(board, req), instance);
    res.json(z.encode(explanationSchema, explanation));
  },
});
