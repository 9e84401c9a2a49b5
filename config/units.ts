/** Durations, percentages, sizes and rates as people write them, and back. Parsing is strict: a bare number has no unit. */

const durationUnits = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const sizeUnits = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
} as const;

export const durationPattern = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
export const sharePattern = /^\d+(?:\.\d+)? ?%$/;
export const sizePattern = /^\d+(?:\.\d+)? ?(?:B|kB|MB|GB|KiB|MiB|GiB)$/;
export const hourlyPattern = /^\d+\/h$/;

const isKey = <T extends object>(table: T, key: string): key is string & keyof T => Object.hasOwn(table, key);

/** `5s`, `250ms`, `1m30s` as milliseconds; null when it is no duration. */
export const parseDuration = (text: string): number | null => {
  if (!durationPattern.test(text)) return null;
  let total = 0;
  for (const [, count = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    if (isKey(durationUnits, unit)) total += Number(count) * durationUnits[unit];
  }
  return total;
};

/** `60%` as 0.6; null when it is no percentage. */
export const parseShare = (text: string): number | null =>
  sharePattern.test(text) ? Number((Number(text.slice(0, text.indexOf('%'))) / 100).toPrecision(15)) : null;

/** `10MiB` in bytes; null when it is no size. */
export const parseSize = (text: string): number | null => {
  if (!sizePattern.test(text)) return null;
  const [, count = '', unit = ''] = /^([\d.]+) ?(\w+)$/.exec(text) ?? [];
  return isKey(sizeUnits, unit) ? Number(count) * sizeUnits[unit] : null;
};

/** `3/h` as 3; null when it is no count per hour. */
export const parseHourly = (text: string): number | null =>
  hourlyPattern.test(text) ? Number(text.slice(0, -2)) : null;

/** At most `digits` decimals, and none that say nothing: 1.50 -> 1.5, 2.00 -> 2. */
export const trim = (value: number, digits: number): string => {
  if (Number.isInteger(value)) return String(value);
  const text = value.toFixed(digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
};

/** Milliseconds for people, the two largest units: `4m12s`, `1h5m`, `250ms`. */
export const formatDuration = (ms: number): string => {
  const rest = Math.abs(Math.round(ms));
  const sign = ms < 0 && rest > 0 ? '-' : '';
  if (rest < 1_000) return `${sign}${rest}ms`;
  if (rest < 10_000) return `${sign}${trim(rest / 1_000, 1)}s`;
  const seconds = Math.round(rest / 1_000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return sign + shown.map(([count, unit]) => `${count}${unit}`).join('');
};

/** 0.082 as `8.2 %`. */
export const formatShare = (share: number): string => `${trim(share * 100, 1)} %`;

/** Bytes in powers of 1024: `512 MiB`. */
export const formatSize = (bytes: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, Math.abs(bytes))) / 10)));
  return `${trim(bytes / 2 ** (10 * power), 1)} ${units[power] ?? 'B'}`;
};
