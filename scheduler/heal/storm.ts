/** Whether reds break out in many services at once: then the cause is elsewhere, and killing processes makes it worse. */
import { fleet as defaults } from '../../config/defaults.js';
import { ageOf, freshScore, seconds } from '../facts.js';
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
  for (const [id, score] of service.scores.instances) {
    if (score.zone !== 'red' || freshScore(service, id) === null) continue;
    const began = now - ageOf(service.scores, score.zoneSince);
    if (last === null || began > last + sameRedMs) last = began;
  }
  return last;
};

const brewing = (services: readonly ServiceWorld[], memory: Memory, now: number): string | null => {
  const { share, atLeast, withinMs } = defaults.storm;
  let [struck, silent, all] = [0, 0, 0];
  for (const service of services) {
    const began = redAt(service, memory.services.get(service.policy.service)?.redAt ?? null, now);
    if (began !== null && now - began <= withinMs) struck += 1;
    all += service.scores.instances.size;
    for (const { up } of service.scores.instances.values()) if (up.by === 'silence') silent += 1;
  }
  if (struck >= atLeast && struck > share * services.length)
    return `reds began in ${struck} of ${services.length} services within ${seconds(withinMs)} (limit ${Math.round(share * 100)} %, at least ${atLeast})`;
  return silent >= atLeast && silent > share * all
    ? `${silent} of ${all} instances do not answer the engine (limit ${Math.round(share * 100)} %, at least ${atLeast})`
    : null;
};

/** Null: none that anybody remembers. */
export const stormOf = (services: readonly ServiceWorld[], memory: Memory, now: number): Storm | null => {
  const text = brewing(services, memory, now);
  if (text !== null) return { at: now, text };
  const last = Math.max(...[...memory.services.values()].map(({ stormAt }) => stormAt ?? -Infinity), -Infinity);
  return last > -Infinity ? { at: last, text: `the last sign of a storm was ${seconds(now - last)} ago` } : null;
};

/** When to remember it: each service does, so that the next leader knows. The same as before where that is near enough. */
export const stormAt = (storm: Storm | null, before: number | null): number | null => {
  if (storm === null) return before;
  return before !== null && storm.at - before < rememberEveryMs ? before : storm.at;
};
