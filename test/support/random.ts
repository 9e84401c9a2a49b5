/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** How many of `count` happen, each with probability `share`. */
export const binomial = (random: () => number, count: number, share: number): number => {
  let happened = 0;
  for (let i = 0; i < count; i += 1) if (random() < share) happened += 1;
  return happened;
};
