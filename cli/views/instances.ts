import { z } from 'zod';
import { instanceViewSchema } from '../../scheduler/client/index.js';
import type { InstanceView } from '../../scheduler/client/index.js';
import type { View } from '../output.js';
import { zoneColours, zoneRank, zoneText } from '../paint.js';
import { age, reasonText, score } from '../words.js';

/** Worst first, then by name. */
export const byUrgency = (a: InstanceView, b: InstanceView): number =>
  zoneRank[a.zone] - zoneRank[b.zone] ||
  (a.score ?? 0) - (b.score ?? 0) ||
  `${a.service}/${a.instance}`.localeCompare(`${b.service}/${b.instance}`);

const shown = (weight: number | null): string => (weight === null ? '-' : weight === 0 ? 'out' : String(weight));

/** The served weight, and where it is going: `100 -> out`. Out of rotation may be absence, so both count as out. */
export const weightText = ({ weight, applied }: Pick<InstanceView, 'weight' | 'applied'>): string => {
  if (weight === null) return '-';
  const served = applied ?? 0;
  return served === weight ? shown(weight) : `${shown(served)} -> ${shown(weight)}`;
};

const why = ({ reasons, heldBack }: InstanceView): string => {
  const held = heldBack[0];
  return [
    ...reasons.slice(0, 1).map(reasonText),
    ...(held === undefined ? [] : [`held back by ${reasonText(held)}`]),
  ].join('; ');
};

export const instancesView = (now: number): View<InstanceView> => ({
  name: ({ service, instance }) => `${service}/${instance}`,
  encode: (row) => z.encode(instanceViewSchema, row),
  empty: 'no instances: Consul lists none, or none passes the selector',
  columns: [
    { title: 'SERVICE', cell: ({ service }) => service },
    { title: 'INSTANCE', cell: ({ instance }) => instance },
    { title: 'ZONE', cell: ({ zone }) => zoneText(zone), colour: ({ zone }) => zoneColours[zone] },
    { title: 'SCORE', cell: (row) => score(row.score), align: 'right' },
    { title: 'LIFECYCLE', cell: ({ lifecycle }) => lifecycle },
    { title: 'WEIGHT', cell: weightText },
    { title: 'SINCE', cell: ({ since }) => age(since, now), align: 'right' },
    { title: 'NODE', cell: ({ node }) => node, wide: true },
    {
      title: 'ADDRESS',
      cell: ({ address, port }) => `${address.includes(':') ? `[${address}]` : address}:${port}`,
      wide: true,
    },
    {
      title: 'BREAKER',
      cell: ({ breaker }) => `${breaker.state}${breaker.opened > 0 ? ` (${breaker.opened})` : ''}`,
      wide: true,
    },
    { title: 'ACTION', cell: ({ action }) => action ?? '-', wide: true },
    { title: 'WHY', cell: why },
  ],
});
