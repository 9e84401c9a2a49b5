import type { ScoresResponse, Zone } from '../../engine/client/index.js';
import type { Plan, ServicePlan, ServiceState } from '../../scheduler/client/index.js';
import type { View } from '../output.js';
import { glyphs } from '../paint.js';
import type { Colour } from '../paint.js';
import { reasonText } from '../words.js';

/** A service as engine and scheduler see it together; what only one of them knows is null while the other is away. */
export interface ServiceRow {
  readonly service: string;
  readonly state: ServiceState | null;
  readonly zones: Readonly<Record<Zone, number>>;
  readonly instances: number;
  readonly inRotation: number | null;
  readonly upstream: string | null;
  readonly mode: ServicePlan['mode'] | null;
  readonly why: string;
}

const count = (zones: readonly Zone[]): Record<Zone, number> => {
  const counts: Record<Zone, number> = { green: 0, yellow: 0, red: 0, unknown: 0 };
  for (const zone of zones) counts[zone] += 1;
  return counts;
};

const whyOf = (scores: ScoresResponse['services'][number] | undefined, plan: ServicePlan | undefined): string => {
  const reason = plan?.reasons[0];
  if (reason !== undefined) return reasonText(reason);
  if (scores !== undefined && scores.discovery.state !== 'live')
    return `discovery ${scores.discovery.state}: ${scores.discovery.why}`;
  const worst = scores?.instances
    .filter(({ zone }) => zone === 'red')
    .sort((a, b) => (a.score ?? 0) - (b.score ?? 0))[0];
  return worst === undefined ? '' : `${worst.instance}: ${worst.why}`;
};

/** Either side may be missing. */
export const serviceRows = (scores: ScoresResponse | null, plan: Plan | null): readonly ServiceRow[] => {
  const scored = new Map(scores?.services.map((one) => [one.service, one]));
  const planned = new Map(plan?.services.map((one) => [one.service, one]));
  return [...new Set([...scored.keys(), ...planned.keys()])].sort().map((service) => {
    const s = scored.get(service);
    const p = planned.get(service);
    const zones = (s?.instances ?? p?.servers ?? []).map(({ zone }) => zone);
    return {
      service,
      state: p?.state ?? null,
      zones: count(zones),
      instances: zones.length,
      inRotation: p === undefined || p.upstream === null ? null : p.servers.filter(({ weight }) => weight > 0).length,
      upstream: p?.upstream ?? null,
      mode: p?.mode ?? null,
      why: whyOf(s, p),
    };
  });
};

/** Whom Consul has in maintenance, of one service or of all: a sentence for each, as it is no trouble and yet somebody's doing. */
export const maintenanceLines = (scores: ScoresResponse | null, only?: string): readonly string[] =>
  (scores?.services ?? []).flatMap(({ service, instances }) =>
    (only === undefined || only === service ? instances : [])
      .filter(({ consul }) => consul === 'maintenance')
      .map(({ instance, consulWhy = 'it is in maintenance' }) => `Consul: ${service}/${instance}: ${consulWhy}`),
  );

const stateColours: Record<ServiceState, Colour> = {
  healthy: 'green',
  stabilizing: 'yellow',
  recovering: 'yellow',
  degraded: 'yellow',
  failing: 'red',
};

const zoneCell = (zone: Zone) => (row: ServiceRow) =>
  row.zones[zone] === 0 ? '-' : `${glyphs[zone]} ${row.zones[zone]}`;

export const servicesView: View<ServiceRow> = {
  name: ({ service }) => service,
  encode: (row) => row,
  empty: 'no services: add a file to config/services, see checkout.yaml.example there',
  columns: [
    { title: 'SERVICE', cell: ({ service }) => service },
    {
      title: 'STATE',
      cell: ({ state }) => state ?? '-',
      colour: ({ state }) => (state === null ? 'grey' : stateColours[state]),
    },
    { title: 'GREEN', cell: zoneCell('green') },
    { title: 'YELLOW', cell: zoneCell('yellow') },
    { title: 'RED', cell: zoneCell('red') },
    { title: 'UNKNOWN', cell: zoneCell('unknown') },
    {
      title: 'IN ROTATION',
      cell: ({ inRotation, instances }) => (inRotation === null ? '-' : `${inRotation} of ${instances}`),
    },
    { title: 'TRAFFIC', cell: ({ mode }) => mode?.traffic ?? '-' },
    { title: 'HEAL', cell: ({ mode }) => mode?.heal ?? '-' },
    { title: 'UPSTREAM', cell: ({ upstream }) => upstream ?? '-', wide: true },
    { title: 'WHY', cell: ({ why }) => why },
  ],
};
