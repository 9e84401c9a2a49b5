/** Sums, means and quantiles by Prometheus's own arithmetic, over the first `count` cells of an array. */
export type Numbers = Readonly<ArrayLike<number>>;

const at = (cells: Numbers, index: number): number => cells[index] ?? NaN;

/** Neumaier's compensated sum, as Prometheus adds. */
export class Sum {
  #sum = 0;
  #lost = 0;

  constructor(start = 0) {
    this.#sum = start;
  }

  /** Anew, from 0. */
  begin(): void {
    this.#sum = this.#lost = 0;
  }

  add(value: number): void {
    const sum = this.#sum + value;
    if (!Number.isFinite(sum)) this.#lost = 0;
    else if (Math.abs(this.#sum) >= Math.abs(value)) this.#lost += this.#sum - sum + value;
    else this.#lost += value - sum + this.#sum;
    this.#sum = sum;
  }

  /** Everything added so far counts `factor` times as much. */
  scale(factor: number): void {
    this.#sum *= factor;
    this.#lost *= factor;
  }

  /** Without what rounding lost. */
  get plain(): number {
    return this.#sum;
  }

  get value(): number {
    return this.#sum + this.#lost;
  }

  /** Divides both parts before they are put together: two large parts would round otherwise. */
  over(count: number): number {
    return this.#sum / count + this.#lost / count;
  }
}

export const sumOf = (values: Numbers, count: number): number => {
  const sum = new Sum();
  for (let i = 0; i < count; i++) sum.add(at(values, i));
  return sum.value;
};

/** The sum by the count, as long as the sum does not overflow. */
export const meanOf = (values: Numbers, count: number): number => {
  const sum = new Sum(at(values, 0));
  for (let i = 1; i < count; i++) {
    if (Math.abs(sum.plain + at(values, i)) === Infinity) return meanFrom(values, count, i, sum);
    sum.add(at(values, i));
  }
  return sum.over(count);
};

/** The mean of the first `known` values, carried on value by value. */
const meanFrom = (values: Numbers, count: number, known: number, sum: Sum): number => {
  sum.scale(1 / known);
  for (let i = known; i < count; i++) {
    sum.scale(i / (i + 1));
    sum.add(at(values, i) / (i + 1));
  }
  return sum.value;
};

/** Welford's running variance of the whole population. */
export const varianceOf = (values: Numbers, count: number): number => {
  const mean = new Sum();
  const squares = new Sum();
  for (let i = 0; i < count; i++) {
    const value = at(values, i);
    const delta = value - mean.value;
    mean.add(delta / (i + 1));
    squares.add(delta * (value - mean.value));
  }
  return squares.value / count;
};

/** NaN gives way to any number. */
const extreme =
  (better: (value: number, best: number) => boolean) =>
  (values: Numbers, count: number): number => {
    let best = at(values, 0);
    for (let i = 1; i < count; i++) if (better(at(values, i), best) || Number.isNaN(best)) best = at(values, i);
    return best;
  };

export const minOf = extreme((value, best) => value < best);
export const maxOf = extreme((value, best) => value > best);

/** NaN stands before every number. */
export const byValue = (one: number, other: number): number => {
  if (Number.isNaN(one)) return Number.isNaN(other) ? 0 : -1;
  return Number.isNaN(other) ? 1 : one - other || 0;
};

/** Linear between the two values around the rank. */
export const quantileOf = (quantile: number, values: Numbers, count: number): number => {
  if (count === 0 || Number.isNaN(quantile)) return NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const sorted = Array.from({ length: count }, (_, i) => at(values, i)).sort(byValue);
  const rank = quantile * (count - 1);
  const below = Math.max(0, Math.floor(rank));
  const weight = rank - Math.floor(rank);
  return at(sorted, below) * (1 - weight) + at(sorted, Math.min(count - 1, below + 1)) * weight;
};
