/** Incidents that come together, so that a step would be taken but for one thing: what `biases.ts` is made of. */
import type { Chance } from './chance.js';
import type { ByHand, ControlTrouble, Incident, Where } from './story.js';
import type { Pen } from './tell.js';

export const second = 1_000;
export const minute = 60 * second;

export type Draw = (pen: Pen) => readonly Incident[];

export const placeIn = ({ chance, stage }: Pen, service = chance.whole(0, stage.services.length - 1)): Where => ({
  service,
  instances: [chance.whole(0, (stage.services[service]?.instances ?? 1) - 1)],
});

/** A fault that lasts until somebody restarts it, or longer. */
export const ill = ({ chance, from }: Pen, on: Where, forMs = 25 * minute): Incident => {
  const base = { on, from, to: from + forMs };
  return chance.pick<Incident>([
    { kind: 'crash', ...base },
    { kind: 'hang', ...base, cure: 'restart' },
    { kind: 'errors', ...base, share: 0.9, cure: 'restart' },
  ]);
};

/** Somebody is ill, and something else is the matter from about when the step would be taken. */
export const illWith =
  (other: (pen: Pen, on: Where) => Incident | readonly Incident[]): Draw =>
  (pen) => {
    const on = placeIn(pen);
    return [ill(pen, on), ...[other(pen, on)].flat()];
  };

/** As long as it takes to be out and due. */
const due = (chance: Chance): number => chance.between(5 * second, 110 * second);

export const lasting = ({ chance, from }: Pen, forMs: number): { readonly from: number; readonly to: number } => {
  const begin = from + due(chance);
  return { from: begin, to: begin + forMs };
};

/** All but one of a service. */
export const others = ({ stage }: Pen, { service, instances }: Where): Where => ({
  service,
  instances: Array.from({ length: stage.services[service]?.instances ?? 1 }, (_, at) => at).filter(
    (at) => instances === 'all' || !instances.includes(at),
  ),
});

export const everywhere: Draw = (pen) => pen.stage.services.map((_, service) => ill(pen, placeIn(pen, service)));

export const most: Draw = (pen) => {
  const where = others(pen, placeIn(pen));
  const { from, chance } = pen;
  const base = { on: where, from, to: from + 25 * minute };
  return [chance.happens(0.5) ? { kind: 'hang', ...base, cure: 'none' } : { kind: 'crash', ...base }];
};

/** All but one of a service suffer from the same: what they share is full, or slow. */
export const alike: Draw = (pen) => {
  const on = others(pen, placeIn(pen));
  const metrics = (pen.stage.services[on.service]?.metrics ?? []).filter((name) => name !== 'db_wait');
  const metric = metrics[pen.chance.whole(0, metrics.length - 1)] ?? '';
  return [{ kind: 'metric', on, ...span(pen, 25), metric, level: 1.5, risesMs: 0, cure: 'none' }];
};

/** The same one again and again. */
export const again: Draw = (pen) => {
  const on = placeIn(pen);
  return [0, 6, 12, 18].map((at) => ill({ ...pen, from: pen.from + at * minute }, on, 5 * minute));
};

/** One after the other of the same service. */
export const inTurn: Draw = (pen) => {
  const { service } = placeIn(pen);
  const count = pen.stage.services[service]?.instances ?? 1;
  return Array.from({ length: 6 }, (_, nth) =>
    ill({ ...pen, from: pen.from + nth * 7 * minute }, { service, instances: [nth % count] }, 6 * minute),
  );
};

export function later(
  { from }: Pen,
  seconds: number,
  forSeconds: number,
): { readonly from: number; readonly to: number } {
  const begin = from + (60 + seconds) * second;
  return { from: begin, to: begin + forSeconds * second };
}

export function span({ from }: Pen, minutes: number): { readonly from: number; readonly to: number } {
  return { from, to: from + minutes * minute };
}

/** On for a moment and off for one, again and again: what begins between two of them is still under way in the next. */
export const inBetween = (of: (lasting: { readonly from: number; readonly to: number }) => ControlTrouble): Draw =>
  illWith((pen) => Array.from({ length: 12 }, (_, nth) => of(later(pen, nth * 40 - 50, 20))));

export const ordered = ({ chance }: Pen, change: Pick<ByHand, 'scope' | 'at' | 'from'>): ByHand => ({
  ...{ kind: chance.pick(['restart', 'replace'] as const), to: change.from + 10 * minute, forced: false },
  ...{ withdrawn: false, ...change },
});

/** Somebody wants whoever has just come in a deployment started again. */
export const newcomers: Draw = (pen) => {
  const { service } = placeIn(pen);
  const count = pen.stage.services[service]?.instances ?? 1;
  const everyMs = 90 * second;
  const { from } = pen;
  const orders = Array.from({ length: count }, (_, nth) =>
    ordered(pen, { scope: service, at: count - 1, from: from + nth * everyMs + 5 * second }),
  );
  return [{ kind: 'deploy', service, from, to: from + count * everyMs + second, everyMs }, ...orders];
};

/** Who is about to be stepped by a person's order leaves the catalog. */
export const leaves: Draw = (pen) => {
  const { service } = placeIn(pen);
  const { from, chance } = pen;
  const gone = from + chance.between(5 * second, 25 * second);
  const share = 1 / (pen.stage.services[service]?.instances ?? 1);
  return [
    ordered(pen, { scope: service, at: 0, from }),
    { kind: 'catalog-loses', service, from: gone, to: gone + 3 * minute, share },
  ];
};

/** All of a service are nearly full, and a person wants one of them started again. */
export const full =
  (metric: string): Draw =>
  (pen) => {
    const { service, instances } = placeIn(pen);
    const at = instances === 'all' ? 0 : (instances[0] ?? 0);
    return [
      {
        ...{ kind: 'metric', on: { service, instances: 'all' }, ...span(pen, 15), metric },
        ...{ level: 0.9, risesMs: 0, cure: 'none' },
      },
      ordered(pen, { scope: service, at, from: pen.from + pen.chance.between(minute, 3 * minute) }),
    ];
  };
