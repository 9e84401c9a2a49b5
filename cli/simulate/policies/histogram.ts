/** A Prometheus histogram of response times as a page would show it, and the quantile that a query makes of its rates. */
const bounds = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;

interface Snapshot {
  readonly at: number;
  readonly counts: readonly number[];
}

const keptMs = 120_000;

export class Histogram {
  private counts: number[] = bounds.map(() => 0);
  private shown: Snapshot[] = [];

  add(ms: number): void {
    const nth = bounds.findIndex((bound) => ms <= bound);
    if (nth >= 0) this.counts[nth] = (this.counts[nth] ?? 0) + 1;
  }

  /** A new process counts from nothing. */
  clear(): void {
    this.counts = bounds.map(() => 0);
    this.shown = [];
  }

  /** A page is read. */
  show(at: number): void {
    this.shown = [...this.shown.filter((one) => at - one.at <= keptMs), { at, counts: [...this.counts] }];
  }

  /** `histogram_quantile` over what came within `windowMs` before the last page, in milliseconds; null: nothing did. */
  quantile(share: number, windowMs: number): number | null {
    const last = this.shown.at(-1);
    const first = this.shown.find(({ at }) => at >= (last?.at ?? 0) - windowMs);
    if (!last || !first || first === last) return null;
    const grown = last.counts.map((count, nth) => count - (first.counts[nth] ?? 0));
    const rank = share * grown.reduce((sum, count) => sum + count, 0);
    if (rank === 0) return null;
    let below = 0;
    for (const [nth, count] of grown.entries()) {
      const [from, to] = [bounds[nth - 1] ?? 0, bounds[nth] ?? 0];
      if (below + count >= rank) return from + ((to - from) * (rank - below)) / count;
      below += count;
    }
    return bounds.at(-1) ?? null;
  }
}
