import { z } from 'zod';
import { instanceScoreSchema } from '../../engine/client/index.js';
import type { InstanceScore } from '../../engine/client/index.js';
import { formatShare } from '../../config/units.js';
import type { View } from '../output.js';
import { zoneColours, zoneRank, zoneText } from '../paint.js';
import { age, score } from '../words.js';
import { pointsText } from './points.js';

export const scoresByUrgency = (a: InstanceScore, b: InstanceScore): number =>
  zoneRank[a.zone] - zoneRank[b.zone] ||
  (a.score ?? 0) - (b.score ?? 0) ||
  `${a.service}/${a.instance}`.localeCompare(`${b.service}/${b.instance}`);

const level = (name: 'app' | 'system') => (row: InstanceScore) =>
  score(row.levels.find((one) => one.level === name)?.score ?? null);

const causes = ({ causes: all }: InstanceScore): string =>
  all
    .slice(0, 2)
    .map(({ name, pointsLost, ceiling }) => `${name} ${pointsText(pointsLost)}${ceiling ? ' (ceiling)' : ''}`)
    .join(', ');

export const scoresView = (now: number): View<InstanceScore> => ({
  name: ({ service, instance }) => `${service}/${instance}`,
  encode: (row) => z.encode(instanceScoreSchema, row),
  empty: 'no scores yet: nothing was discovered, or the first scrape is still under way',
  columns: [
    { title: 'SERVICE', cell: ({ service }) => service },
    { title: 'INSTANCE', cell: ({ instance }) => instance },
    { title: 'ZONE', cell: ({ zone }) => zoneText(zone), colour: ({ zone }) => zoneColours[zone] },
    { title: 'SCORE', cell: (row) => score(row.score), align: 'right' },
    { title: 'SMOOTHED', cell: ({ smoothed }) => score(smoothed), align: 'right' },
    { title: 'APP', cell: level('app'), align: 'right' },
    { title: 'SYSTEM', cell: level('system'), align: 'right' },
    { title: 'COVERAGE', cell: ({ coverage }) => formatShare(coverage), align: 'right', wide: true },
    { title: 'UP', cell: ({ up }) => up.state, wide: true },
    { title: 'CONSUL', cell: ({ consul }) => consul, wide: true },
    { title: 'FOR', cell: ({ zoneSince }) => age(zoneSince, now), align: 'right' },
    { title: 'AGE', cell: ({ at }) => age(at, now), align: 'right', wide: true },
    { title: 'CAUSES', cell: causes },
  ],
});
