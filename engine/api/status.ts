/** One line of text about an instance or a service, for scripts and load balancers. Its first fields never change places. */
import type { Request, Response } from 'express';
import { BallastError } from '../../lib/errors.js';
import { queried, text, type Endpoint } from '../../lib/http/endpoints.js';
import { zoneSchema, type InstanceScore, type Zone } from '../client/index.js';
import type { ServiceBoard } from './board.js';
import { countZones } from './encode.js';
import { rowOf, serviceOf } from './request.js';
import type { RoutesOptions } from './routes.js';

/** As the guardrails PANIC and BLIND see a service: half of its instances decide. */
const half = 0.5;

/** Never rounded up: a score of 49.96 is red, and "50" would say otherwise. */
const scoreField = (score: number | null): string =>
  score === null ? '-' : String(Math.floor(score * 10 + 1e-6) / 10);

/** Its last evaluation is not older than three intervals. */
const isFresh = ({ at, intervalMs }: InstanceScore, now: number): boolean => now - at <= 3 * intervalMs;

/** Empty where Consul has nothing to say against it. */
const consulWords = ({ consul, consulWhy = '' }: InstanceScore): string => {
  if (consul === 'passing') return '';
  if (consul === 'maintenance') return `; Consul: ${consulWhy || 'it is in maintenance'}`;
  return `; Consul: ${consul}${consulWhy === '' ? '' : ` (${consulWhy})`}`;
};

/** `checkout-7f3c green 97.5 fresh up: score 97.5 (green is from 80); Consul: it is in maintenance: new disk` */
export const instanceLine = (score: InstanceScore, now: number): string =>
  [
    score.instance,
    score.zone,
    scoreField(score.score),
    isFresh(score, now) ? 'fresh' : 'stale',
    `${score.up.state}: ${score.why}${consulWords(score)}`,
  ].join(' ');

/**
 * A service as a whole: red when fewer than half of the instances that are known are green or yellow, unknown when more
 * than half are not known or there are none, green when all are green, else yellow.
 */
export const serviceZone = (zones: Readonly<Record<Zone, number>>): Zone => {
  const known = zones.green + zones.yellow + zones.red;
  const all = known + zones.unknown;
  if (all === 0 || zones.unknown > all * half) return 'unknown';
  if (zones.green + zones.yellow < known * half) return 'red';
  return zones.green === all ? 'green' : 'yellow';
};

const worst = (scores: readonly InstanceScore[]): number | null =>
  scores.reduce<number | null>((least, { score }) => (score === null ? least : Math.min(score, least ?? 100)), null);

/** `checkout yellow 20 fresh green=7 yellow=0 red=1 unknown=0 discovery=live maintenance=1`; the score is the worst instance's. */
export const serviceLine = ({ service, scores, discovery }: ServiceBoard, now: number): string => {
  const zones = countZones(scores.map(({ zone }) => zone));
  const fresh = scores.length > 0 && scores.every((score) => isFresh(score, now));
  return [
    service,
    serviceZone(zones),
    scoreField(worst(scores)),
    fresh ? 'fresh' : 'stale',
    ...zoneSchema.options.map((zone) => `${zone}=${zones[zone]}`),
    `discovery=${discovery.state}`,
    `maintenance=${scores.filter(({ consul }) => consul === 'maintenance').length}`,
  ].join(' ');
};

/** Zones that `?strict` answers with 503. Not knowing is no reason to act, so `unknown` must be asked for. */
const refusedBy = (req: Request): readonly Zone[] => {
  const strict = queried(req, 'strict');
  if (strict === undefined) return [];
  if (strict === '' || strict === 'red') return ['red'];
  if (strict === 'unknown') return ['red', 'unknown'];
  throw new BallastError('INVALID_REQUEST', `strict=${strict.slice(0, 80)} is not understood`, {
    status: 400,
    hint: 'strict answers 503 on red, strict=unknown on red and unknown',
  });
};

const send = (res: Response, zone: Zone, refused: readonly Zone[], line: string): void =>
  void res
    .status(refused.includes(zone) ? 503 : 200)
    .type('text/plain')
    .send(`${line}\n`);

const query = { strict: '503 on red; strict=unknown: on red and on unknown' };

export const statusEndpoints = ({ board, clock }: RoutesOptions): readonly Endpoint[] => [
  {
    method: 'get',
    path: '/v1/status/:service',
    summary: 'A service in one line: its zone, its worst score, fresh or stale, and how many are in which zone',
    query,
    answer: text('checkout yellow 20 fresh green=7 yellow=0 red=1 unknown=0 discovery=live maintenance=1'),
    also: { 503: 'asked with strict: it is red' },
    problems: { 404: 'no such service' },
    handle: (req, res) => {
      const service = serviceOf(board, req);
      send(res, serviceZone(countZones(service.zones)), refusedBy(req), serviceLine(service, clock.now()));
    },
  },
  {
    method: 'get',
    path: '/v1/status/:service/:instance',
    summary: 'An instance in one line: its zone, its score, fresh or stale, whether its process is up, and why',
    query,
    answer: text('checkout-7f3c green 97.5 fresh up: score 97.5 (green is from 80)'),
    also: { 503: 'asked with strict: it is red' },
    problems: { 404: 'no such service or instance' },
    handle: (req, res) => {
      const { score } = rowOf(board, req);
      send(res, score.zone, refusedBy(req), instanceLine(score, clock.now()));
    },
  },
];
