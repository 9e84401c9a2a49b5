/** Points as they are printed: rounded, and still adding up. */

/**
 * Rounds each loss to `digits` decimals so that together they are the whole loss rounded up, as scores are rounded down
 * (largest remainder). Each differs from its value by less than one last digit, and one that is exact stays as it is.
 */
export const roundTogether = (losses: readonly number[], digits: number): readonly number[] => {
  const scale = 10 ** digits;
  const dust = 1e-6;
  const floors = losses.map((loss) => Math.floor(loss * scale + dust));
  const total = Math.ceil(losses.reduce((sum, loss) => sum + loss, 0) * scale - dust);
  const missing = total - floors.reduce((sum, floor) => sum + floor, 0);
  const order = losses

    .map((loss, i) => ({ i, remainder: loss * scale - (floors[i] ?? 0) }))
    .sort((a, b) => b.remainder - a.remainder || a.i - b.i)
    .slice(0, Math.max(0, missing));
  const raised = new Set(order.map(({ i }) => i));
  return floors.map((floor, i) => (floor + (raised.has(i) ? 1 : 0)) / scale);
};

/** `-11.1`, `0.0`, `+3.0` (a floor gives points back). */
export const pointsText = (lost: number): string =>
  lost > 0 ? `-${lost.toFixed(1)}` : lost < 0 ? `+${(-lost).toFixed(1)}` : '0.0';
