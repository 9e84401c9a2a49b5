/**
 * Guards against a catalog that forgets: a list that lost many at once is not believed until it was seen again some times.
 * Pure; the caller feeds every answer, also those that say the same again.
 */
export interface ShrinkPolicy {
  /** Losing more than this share … */
  readonly share: number;
  /** … and at least so many is suspicious. */
  readonly atLeast: number;
  /** Times that the same loss has to be seen again. */
  readonly confirmations: number;
}

export interface PendingShrink {
  readonly from: number;
  readonly to: number;
  readonly seen: number;
  readonly needed: number;
  readonly since: number;
}

export interface ShrinkMemory {
  /** What is believed; null: nothing received yet. */
  readonly known: readonly string[] | null;
  readonly lost: readonly string[];
  readonly pending: PendingShrink | null;
}

export interface ShrinkStep {
  readonly memory: ShrinkMemory;
  /** True: the list is believed. False: `missing` are to be kept beside it. */
  readonly accepted: boolean;
  readonly missing: readonly string[];
  readonly pending: PendingShrink | null;
}

export const newShrink: ShrinkMemory = { known: null, lost: [], pending: null };

const accept = (ids: readonly string[]): ShrinkStep => ({
  memory: { known: ids, lost: [], pending: null },
  accepted: true,
  missing: [],
  pending: null,
});

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, at) => id === b[at]);

/** One answer. Newcomers are believed at once; those that came back are no longer missing. */
export const stepShrink = (
  memory: ShrinkMemory,
  ids: readonly string[],
  policy: ShrinkPolicy,
  now: number,
): ShrinkStep => {
  const known = memory.known ?? [];
  const present = new Set(ids);
  const lost = known.filter((id) => !present.has(id)).sort();
  if (lost.length < policy.atLeast || lost.length <= policy.share * known.length) return accept(ids);
  const again = memory.pending !== null && same(lost, memory.lost);
  const seen = again && memory.pending ? memory.pending.seen + 1 : 0;
  if (seen >= policy.confirmations) return accept(ids);
  const from = lost.length + ids.length;
  const since = again && memory.pending ? memory.pending.since : now;
  const pending = { from, to: ids.length, seen, needed: policy.confirmations, since };
  return { memory: { known: [...ids, ...lost], lost, pending }, accepted: false, missing: lost, pending };
};
