/** What the weight follows: the score without its jitter. Falls fast and rises slowly, from the best of the last two. */
export interface Smoothing {
  /** The last two raw scores, oldest first. */
  readonly raw: readonly number[];
  /** Null before the first score. */
  readonly value: number | null;
  readonly at: number;
}

export interface HalfLives {
  readonly halfLifeDownMs: number;
  readonly halfLifeUpMs: number;
}

export const unsmoothed: Smoothing = { raw: [], value: null, at: 0 };

/** One step; an unknown score (null) leaves what was. */
export const smooth = (before: Smoothing, score: number | null, halfLives: HalfLives, now: number): Smoothing => {
  if (score === null) return before;
  const last = before.raw.at(-1) ?? score;
  const raw =
    before.raw.length === 2 && before.raw[0] === score && last === score
      ? before.raw
      : [...before.raw.slice(-1), score];
  const towards = Math.max(last, score);
  if (before.value === null || before.value === towards) return { raw, value: towards, at: now };
  const halfLife = towards < before.value ? halfLives.halfLifeDownMs : halfLives.halfLifeUpMs;
  const left = halfLife > 0 ? 2 ** (-Math.max(0, now - before.at) / halfLife) : 0;
  return { raw, value: towards + (before.value - towards) * left, at: now };
};
