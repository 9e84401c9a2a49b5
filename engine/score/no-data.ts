/**
 * What counts in the place of a value that is not there. By default nothing does: the metric is not covered. A metric may
 * ask for more with `no_data`; never for more than what is known of this process, and never for coverage that it has not.
 */
import type { Absence } from '../client/index.js';
import type { Judgement } from '../model.js';
import type { Judged, MetricMemory } from './metric-memory.js';

/** No page brought it: what the engine could not read is no evidence of the instance. */
export const isUnread = (absence: Absence | null): boolean => absence === 'missing' || absence === 'stale';

/** Has a penalty that rests on what a page said: fresh, or judged in its absence. What no page brought is not covered. */
export const isCovered = ({ penalty, absence }: Judgement): boolean => penalty !== null && !isUnread(absence);

const hold = (judgement: Judgement, { value, penalty, sampledAt }: Judged): Judgement => ({
  ...judgement,
  status: 'held',
  value,
  penalty,
  sampledAt,
});

/** A name that this process showed before, and a new engine has not seen yet, is known all the same. */
const known = (judgement: Judgement, judged: Judged | null): Judgement =>
  judgement.absence === 'never-exposed' && judged !== null ? { ...judgement, absence: 'empty' } : judgement;

const dated = (judgement: Judgement, since: number): Judgement =>
  judgement.since === since ? judgement : { ...judgement, since };

/** The judgement as it counts. `before` is what was remembered of the metric at the evaluation before. */
export const fillGap = (judgement: Judgement, { judged, since }: MetricMemory, now: number): Judgement => {
  if (judgement.status !== 'absent') return judgement;
  const began = since ?? judgement.since ?? now;
  const { noData } = judgement.metric;
  if (noData.kind === 'skip' || judgement.absence === 'too-little-traffic') return dated(judgement, began);
  const gap = dated(known(judgement, judged), began);
  if (gap.absence === 'never-exposed') return gap;
  if (noData.kind === 'worst') return gap.absence === 'warming-up' ? gap : { ...gap, penalty: 1 };
  return judged === null || now - began > noData.forMs ? gap : hold(gap, judged);
};
