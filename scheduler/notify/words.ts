/** Durations and order of urgency, for messages. */
import type { NotifyLevel } from '../client/index.js';

const order: readonly NotifyLevel[] = ['info', 'warn', 'page'];

export const higher = (a: NotifyLevel, b: NotifyLevel): NotifyLevel => (order.indexOf(a) >= order.indexOf(b) ? a : b);

/** `4m12s`, `2h05m`, `38s`. */
export const lasted = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const two = (value: number): string => String(value).padStart(2, '0');
  if (hours > 0) return `${hours}h${two(minutes)}m`;
  return minutes > 0 ? `${minutes}m${two(seconds % 60)}s` : `${seconds}s`;
};

/** For a shell: as it is where it needs no quotes. */
export const quoted = (text: string): string =>
  /^[A-Za-z0-9@%+=:,./_-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
