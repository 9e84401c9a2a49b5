/** What was seen of one instance, folded into when each stage of its story was reached. Pure. */
import type { Lifecycle } from '../../../scheduler/client/index.js';
import type { Zone } from '../../../engine/client/index.js';

export interface Sample {
  /** Seconds since the fault. */
  readonly at: number;
  readonly zone: Zone | null;
  readonly lifecycle: Lifecycle | null;
  /** Weight that NGINX serves; 0: out, null: not in the upstream, undefined: not known at this moment. */
  readonly applied: number | null | undefined;
  /** Start time of the process that answers; null: nobody answers. */
  readonly process: string | null;
}

export const stages = [
  'weightLowered',
  'red',
  'out',
  'probation',
  'killed',
  'replaced',
  'green',
  'fullWeight',
] as const;
export type Stage = (typeof stages)[number];
export type Seconds = Readonly<Record<Stage, number | null>>;

export interface Timeline {
  /** As it was before the fault. */
  readonly weight: number;
  readonly process: string;
  readonly seconds: Seconds;
  /** It was seen in another zone than green, or is another process, since it was last green. */
  readonly unwell: boolean;
}

export const newTimeline = (weight: number, process: string): Timeline => ({
  weight,
  process,
  seconds: {
    weightLowered: null,
    red: null,
    out: null,
    probation: null,
    killed: null,
    replaced: null,
    green: null,
    fullWeight: null,
  },
  unwell: false,
});

const first = (known: number | null, reached: boolean, at: number): number | null => known ?? (reached ? at : null);

/** The first time of each stage; of `green` and `fullWeight` the last return, as what was regained may be lost again. */
export const stepTimeline = (timeline: Timeline, sample: Sample): Timeline => {
  const { at, zone, lifecycle, applied } = sample;
  const { seconds, weight } = timeline;
  const isNew = sample.process !== null && sample.process !== timeline.process;
  const replacedNow = isNew && seconds.replaced === null;
  const unwell = replacedNow || (zone !== null && zone !== 'green') || (timeline.unwell && zone !== 'green');
  const lowered = first(seconds.weightLowered, applied === null || (applied !== undefined && applied < weight), at);
  const regained = lowered !== null && !replacedNow && typeof applied === 'number' && applied >= weight;
  return {
    ...timeline,
    unwell,
    seconds: {
      weightLowered: lowered,
      red: first(seconds.red, zone === 'red', at),
      out: first(seconds.out, applied === 0 || applied === null, at),
      probation: first(seconds.probation, lifecycle === 'probation', at),
      killed: first(seconds.killed, isNew || sample.process === null, at),
      replaced: first(seconds.replaced, isNew, at),
      green: unwell ? null : first(seconds.green, timeline.unwell && zone === 'green', at),
      fullWeight: applied === undefined ? seconds.fullWeight : regained ? (seconds.fullWeight ?? at) : null,
    },
  };
};
