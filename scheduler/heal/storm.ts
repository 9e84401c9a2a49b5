/** Whether reds break out in many services at once: then the cause is elsewhere, and killing processes makes it worse. */
import { fleet as defaults } from '../../config/defaults.js';
import { ageOf, isStale, seconds } from '../facts.js';
import type { Memory, ServiceWorld, Storm } from '../model.js';

/** What is remembered of a storm need not be to the second: records are written only when it moves by as much. */
const rememberEveryMs = 30_000;

/** The same red is told a little earlier or later at each look, by the way that its score took. */
const sameRedMs = 1_000;

/**
 * When a red last began in this service, on our clock; `before`: as remembered, so that one that has ended counts as well.
 * Null: none that anybody remembers.
 */
export const redAt = (service: ServiceWorld, before: number | null, now: number): number | null => {
  let last = before;
  for (const score of service.scores.instances.values()) {
    if (score.zone !== 'red' || isStale(service, score)) continue;
    const began = now - ageOf(service.scores, score.zoneSince);
    if (last === null || began > last + sameRedMs) last = began;
  }
  return last;
};

interface Sign {
  readonly at: number;
  readonly text: string;
}

const { share, atLeast, withinMs } = defaults.storm;
const isMany = (count: number, of: number): boolean => count >= atLeast && count > share * of;
const limits = `(limit ${Math.round(share * 100)} %, at least ${atLeast})`;

/**
 * The last time at which many services had a red that had begun within the time before it. Worked out from when the reds began,
 * not from who was looking: a leader that comes later must know of what broke out while there was none.
 */
const outbreak = (services: readonly ServiceWorld[], memory: Memory, now: number): Sign | null => {
  const begins = services
    .flatMap((service) => redAt(service, memory.services.get(service.policy.service)?.redAt ?? null, now) ?? [])
    .sort((a, b) => a - b);
  for (let [first, end] = [begins.length - 1, begins.length]; first >= 0; first -= 1) {
    const since = begins[first] ?? now;
    while ((begins[end - 1] ?? now) > since + withinMs) end -= 1;
    const struck = end - first;
    if (isMany(struck, services.length))
      return {
        at: Math.min(now, since + withinMs),
        text: `reds began in ${struck} of ${services.length} services within ${seconds(withinMs)} ${limits}`,
      };
  }
  return null;
};

const silence = (services: readonly ServiceWorld[], now: number): Sign | null => {
  let [silent, all] = [0, 0];
  for (const { scores } of services) {
    all += scores.instances.size;
    for (const { up } of scores.instances.values()) if (up.by === 'silence') silent += 1;
  }
  return isMany(silent, all)
    ? { at: now, text: `${silent} of ${all} instances do not answer the engine ${limits}` }
    : null;
};

/** The last sign of a storm: seen now, or remembered. Null: none that anybody remembers. */
export const stormOf = (services: readonly ServiceWorld[], memory: Memory, now: number): Storm | null => {
  const [reds, silent] = [outbreak(services, memory, now), silence(services, now)];
  const seen = silent ?? (reds?.at === now ? reds : null);
  if (seen !== null) return seen;
  const last = Math.max(
    reds?.at ?? -Infinity,
    ...[...memory.services.values()].map(({ stormAt }) => stormAt ?? -Infinity),
  );
  return last > -Infinity ? { at: last, text: `the last sign of a storm was ${seconds(now - last)} ago` } : null;
};

/** When to remember it: each service does, so that the next leader knows. The same as before where that is near enough. */
export const stormAt = (storm: Storm | null, before: number | null): number | null => {
  if (storm === null) return before;
  return before !== null && storm.at - before < rememberEveryMs ? before : storm.at;
};
