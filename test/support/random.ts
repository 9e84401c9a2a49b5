export { seeded } from '../../scripts/demo/service/random.js';

/** How many of `count` happen, each with probability `share`. */
export const binomial = (random: () => number, count: number, share: number): number => {
  let happened = 0;
  for (let i = 0; i < count; i += 1) if (random() < share) happened += 1;
  return happened;
};
