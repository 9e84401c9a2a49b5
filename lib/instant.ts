const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Seconds beyond this are milliseconds: it is the year 5138 of the one, and 1973 of the other. */
const mostSeconds = 1e11;

/**
 * A point in time as people and programs write it, in epoch milliseconds: `2026-11-26T14:03:00Z`, `2026-11-26`, `now`,
 * `-15m` (before `now`), or seconds (or milliseconds) since the epoch. Null when it is none of these.
 */
export const parseInstant = (text: string, now: number): number | null => {
  if (text === 'now') return now;
  const [, count, unit] = /^-(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (unitsMs[unit ?? ''] ?? 0);
  if (/^\d{1,14}(?:\.\d{1,3})?$/.test(text)) {
    const value = Number(text);
    return Math.round(value < mostSeconds ? value * 1_000 : value);
  }
  if (!/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
};
