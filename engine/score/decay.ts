/** A penalty that falls back slowly after a burst, so that a fault which comes and goes does not look healed each time it goes. */
export interface Burst {
  readonly penalty: number;
  readonly at: number;
}

/** The larger of the present penalty and what is left of the burst before it. */
export const afterBurst = (present: number, burst: Burst | null, halfLifeMs: number, now: number): number =>
  burst === null ? present : Math.max(present, burst.penalty * 2 ** (-Math.max(0, now - burst.at) / halfLifeMs));
