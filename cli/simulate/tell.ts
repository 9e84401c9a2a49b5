/** Draws the story of a day. The incidents of a seed never change unless this file does. */
import { Chance } from './chance.js';
import type {
  ByHand,
  ControlTrouble,
  Cure,
  Fault,
  Incident,
  Outage,
  Sight,
  Spoken,
  Story,
  Surroundings,
  Where,
} from './story.js';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** What a story may be about: the size of the fleet, and the metrics that a query reads. */
export interface Stage {
  readonly services: readonly { readonly instances: number; readonly metrics: readonly string[] }[];
}

/** What an incident is drawn with. */
export interface Pen {
  readonly chance: Chance;
  readonly stage: Stage;
  /** When the next incident begins. */
  readonly from: number;
}

const some = (pen: Pen): Where & { readonly metrics: readonly string[] } => {
  const service = pen.chance.whole(0, pen.stage.services.length - 1);
  const { instances = 1, metrics = [] } = pen.stage.services[service] ?? {};
  const first = pen.chance.whole(0, instances - 1);
  const share = pen.chance.next();
  if (share < 0.72 || instances === 1) return { service, instances: [first], metrics };
  if (share < 0.86) return { service, instances: [first, (first + 1) % instances], metrics };
  return { service, instances: 'all', metrics };
};

/** Faults that all share, or that sit in what an instance depends on, are seldom mended by a restart. */
const cureOf = ({ chance }: Pen, { instances }: Where): Cure =>
  instances !== 'all' && chance.happens(0.75) ? 'restart' : 'none';

const faultOf = (pen: Pen): Fault => {
  const { chance, from } = pen;
  const { metrics, ...on } = some(pen);
  const cure = cureOf(pen, on);
  const base = { on, from, to: from + chance.between(3 * minute, 40 * minute) };
  const draw = chance.next();
  if (draw < 0.28) return { kind: 'errors', ...base, share: chance.pick([0.1, 0.3, 0.5, 0.9]), cure };
  // A spike is over before anybody can do anything about it.
  if (draw < 0.36)
    return { kind: 'errors', ...base, to: from + chance.between(2 * second, 8 * second), share: 1, cure: 'none' };
  if (draw < 0.44)
    return { kind: 'flapping', ...base, share: 0.6, onMs: chance.between(5, 40) * second, offMs: 40 * second, cure };
  if (draw < 0.66 && metrics.length > 0) {
    const metric = metrics[chance.whole(0, metrics.length - 1)] ?? '';
    const risesMs = chance.pick([0, 30 * second, 10 * minute]);
    return { kind: 'metric', ...base, metric, level: chance.pick([0.5, 1, 1.5]), risesMs, cure };
  }
  if (draw < 0.8) return { kind: 'crash', ...base };
  if (draw < 0.93) return { kind: 'hang', ...base, cure };
  return { kind: 'liar', ...base, share: 0.5, cure };
};

const sightOf = (pen: Pen): Sight => {
  const { chance, from } = pen;
  const { metrics: _, ...on } = some(pen);
  const base = { on, from, to: from + chance.between(1 * minute, 20 * minute) };
  const draw = chance.next();
  if (draw < 0.4) return { kind: 'lost-scrapes', ...base, share: chance.pick([0.01, 0.1, 0.5, 1]) };
  if (draw < 0.55) return { kind: 'stuck-page', ...base };
  if (draw < 0.75) return { kind: 'noise', ...base, level: chance.pick([0.1, 0.3, 0.6]) };
  const status = chance.pick(['warning', 'critical', 'maintenance'] as const);
  return { kind: 'consul-check', ...base, status };
};

const outageOf = ({ chance, stage, from }: Pen): Outage => {
  const most = Math.max(...stage.services.map(({ instances }) => instances));
  const to = from + chance.between(2 * minute, 30 * minute);
  return { kind: 'outage', from, to, at: chance.whole(0, most - 1), share: chance.pick([0.3, 0.9]) };
};

const surroundingsOf = ({ chance, stage, from }: Pen): Surroundings => {
  const service = chance.whole(0, stage.services.length - 1);
  const base = { service, from, to: from + chance.between(5 * minute, 40 * minute) };
  const draw = chance.next();
  if (draw < 0.3) return { kind: 'load', ...base, factor: chance.pick([0, 0.1, 0.5, 2, 5]) };
  if (draw < 0.55) return { kind: 'base-errors', ...base, share: chance.pick([0.003, 0.01, 0.03]) };
  if (draw < 0.8) {
    const everyMs = chance.pick([30 * second, 90 * second]);
    return {
      kind: 'deploy',
      ...base,
      to: from + everyMs * (stage.services[service]?.instances ?? 1) + second,
      everyMs,
    };
  }
  return { kind: 'catalog-loses', ...base, to: from + chance.between(5 * second, 90 * second), share: 0.7 };
};

const controlOf = ({ chance, from }: Pen): ControlTrouble => {
  const base = { from, to: from + chance.between(20 * second, 10 * minute) };
  const afterCalls = chance.whole(0, 8);
  const draw = chance.next();
  if (draw < 0.11) return { kind: 'consul-silent', ...base };
  if (draw < 0.2) return { kind: 'engine-stopped', ...base };
  if (draw < 0.31) return { kind: 'leader-dies', ...base, afterCalls };
  if (draw < 0.43) return { kind: 'leader-sleeps', ...base, afterCalls };
  if (draw < 0.54) return { kind: 'writes-fail', ...base, share: 0.5, carriedOut: chance.happens(0.5) };
  if (draw < 0.61) return { kind: 'runtime-fails', ...base };
  if (draw < 0.67) return { kind: 'runtime-slow', ...base, byMs: chance.between(5 * second, 90 * second) };
  if (draw < 0.75) return { kind: 'runtime-unsure', ...base, how: chance.pick(['unreadable', 'ambiguous'] as const) };
  return { kind: 'gateway-refuses', ...base };
};

/** People look at something for an hour or more, and forget to say that they are done. */
const spokenOf = ({ chance, stage, from }: Pen): Spoken => {
  const base = { from, to: from + chance.between(10 * minute, 3 * hour) };
  const service = chance.whole(0, stage.services.length - 1);
  const scope = chance.happens(0.4) ? ('all' as const) : service;
  const draw = chance.next();
  if (draw < 0.45) return { kind: 'pause', ...base, scope };
  if (draw < 0.7) return { kind: 'maintenance', ...base, scope };
  const heal = chance.happens(0.75) ? ('suggest' as const) : ('observe' as const);
  return { kind: 'mode', ...base, scope: service, heal };
};

/** Somebody takes it into his own hands, mostly where something is wrong. */
const byHandOf = ({ chance, stage, from }: Pen): ByHand => {
  const scope = chance.whole(0, stage.services.length - 1);
  const { instances = 1 } = stage.services[scope] ?? {};
  return {
    kind: chance.pick(['drain', 'drain', 'gentle', 'restart', 'restart', 'restart', 'replace'] as const),
    ...{ from, to: from + chance.between(20 * minute, 4 * hour) },
    ...{ scope, at: chance.happens(0.5) ? ('worst' as const) : chance.whole(0, instances - 1) },
    ...{ forced: chance.happens(0.4), withdrawn: chance.happens(0.3) },
  };
};

const incidentOf = (pen: Pen): Incident => {
  const draw = pen.chance.next();
  if (draw < 0.5) return faultOf(pen);
  if (draw < 0.53) return outageOf(pen);
  if (draw < 0.66) return sightOf(pen);
  if (draw < 0.76) return surroundingsOf(pen);
  if (draw < 0.87) return controlOf(pen);
  return draw < 0.91 ? spokenOf(pen) : byHandOf(pen);
};

/** Each day somebody in control is struck at the worst moment, every twelve hours; by draws of their own, so that the others stay as they are. */
const strikeEveryHours = 12;

const struckOf = (seed: number, nth: number, endsAt: number): ControlTrouble => {
  const chance = new Chance(seed, `struck ${nth}`);
  const then = chance.pick(['die', 'sleep', 'suspend', 'suspend'] as const);
  const from = chance.between(warmUpMs, endsAt - hour / 2);
  const forMs = chance.between(20 * second, 6 * minute);
  return { kind: 'leader-struck', from, to: endsAt, afterCalls: chance.whole(0, 6), then, forMs };
};

/** The first incident may begin as soon as the fleet is warm. */
const warmUpMs = 5 * minute;

export interface Length {
  readonly hours: number;
  readonly least: number;
  /** Draws half of the incidents, each for one or a few; null: all are drawn as usual. */
  readonly bias: ((pen: Pen) => readonly Incident[]) | null;
}

/** A story of so many hours with at least so many incidents. All are over by its end. */
export const tell = (seed: number, stage: Stage, { hours, least, bias }: Length): Story => {
  const endsAt = hours * hour;
  const chance = new Chance(seed, 'story');
  const count = chance.whole(least, least + Math.ceil(least / 2));
  const incidents = Array.from({ length: count }, (_, nth) => {
    const own = new Chance(seed, `incident ${nth}`);
    const pen = { chance: own, stage, from: own.between(warmUpMs, endsAt - hour / 2) };
    const drawn = bias !== null && own.happens(0.5) ? bias(pen) : [incidentOf(pen)];
    return drawn.map((incident) => ({ ...incident, to: Math.min(incident.to, endsAt) }));
  }).flat();
  const strikes = Array.from({ length: Math.ceil(hours / strikeEveryHours) }, (_, nth) => struckOf(seed, nth, endsAt));
  return { seed, endsAt, incidents: [...incidents, ...strikes].sort((a, b) => a.from - b.from) };
};
