/** What an edit would change: each instance before and after, now; and a stretch of history judged again. */
import { traffic as trafficDefaults } from '../../config/defaults.js';
import type { ServicePolicy } from '../../config/index.js';
import { shareIn, type DryRun, type InstanceScore, type WhatIfService } from '../client/index.js';

type Standing = DryRun['now']['instances'][number]['before'];

const standing = ({ zone, score, smoothed }: InstanceScore, { scoring, traffic }: ServicePolicy): Standing => {
  const { maxWeight, floor } = traffic ?? trafficDefaults;
  const share = shareIn(zone, smoothed ?? score, scoring.zones, floor);
  return { zone, score, weight: share === null ? null : Math.round(share * maxWeight) };
};

const same = (one: Standing, other: Standing): boolean =>
  one.zone === other.zone &&
  one.weight === other.weight &&
  (one.score === other.score || Math.abs((one.score ?? -1) - (other.score ?? -1)) < 0.05);

/** Those that differ come first. */
export const compareNow = (
  current: readonly InstanceScore[],
  before: ServicePolicy | null,
  would: WhatIfService,
  after: ServicePolicy,
): DryRun['now'] => {
  const known = new Map(current.map((score) => [score.instance, score]));
  const instances = would.instances.flatMap((score) => {
    const was = known.get(score.instance);
    if (!was || !before) return [];
    const [one, other] = [standing(was, before), standing(score, after)];
    const why = `${score.instance} would be ${score.zone}: ${score.why}`;
    return [{ instance: score.instance, before: one, after: other, differs: !same(one, other), why }];
  });
  return { notRead: would.notRead, instances: instances.sort((a, b) => Number(b.differs) - Number(a.differs)) };
};
