/** How bad a value is: 0 at `good` or better, 1 at `critical` or worse, linear in between. Either threshold may be the larger. */
export const penalty = (cur: number, good: number, critical: number): number =>
  Math.min(1, Math.max(0, (cur - good) / (critical - good)));
