import type { Point } from './mortal.js';
import { moments } from './mortal.js';

/** Made over and over while it waits or the slow start goes on: the first in each phase stands for all. */
const repeated =
  /: (?:renew session|look at leader|wait for leader|find|journal|GET \S+|(?:write|look at) plan\/\S+) #/;
/** The how manieth of its kind a call is, at the end of its name. */
const nthOf = (call: string): number => Number(/ #(\d+)$/.exec(call)?.[1] ?? 1);
const kept = { repeated: 1, other: 2 } as const;

/** The calls of one undisturbed run that stand for all that may come: each twice, before it and after its effect. */
export const pointsOf = (calls: readonly string[]): readonly Point[] =>
  [...new Set(calls)]
    .filter((call) => nthOf(call) <= (repeated.test(call) ? kept.repeated : kept.other))
    .flatMap((call) => moments.map((moment): Point => ({ call, moment })));

/** One of so many, and as many before a call as after one: the two come by turns. */
export const sampleOf = <T>(points: readonly T[], every: number): readonly T[] =>
  points.filter((_, nth) => nth % every === (every % 2 === 0 ? Math.floor(nth / every) % 2 : 0));
