/** Whether reds break out in many services at once: then the cause is elsewhere, and killing processes makes it worse. */
import { fleet as defaults } from '../../config/defaults.js';
import { ageOf, freshScore, seconds } from '../facts.js';
import type { Memory, ServiceWorld, Storm } from '../model.js';

/** What is remembered of a storm need not be to the second: records are written only when it moves by as much. */
const rememberEveryMs = 30_000;

/** Some red of this service began within the last moments. */
const isStruck = (service: ServiceWorld): boolean =>
  [...service.scores.instances.values()].some(
    (score) =>
      score.zone === 'red' &&
      freshScore(service, score.instance as Parameters<typeof freshScore>[1]) !== null &&
      ageOf(service.scores, score.zoneSince) <= defaults.storm.withinMs,
  );

const brewing = (services: readonly ServiceWorld[]): string | null => {
  const { share, atLeast, withinMs } = defaults.storm;
  const struck = services.filter(isStruck).length;
  if (struck >= atLeast && struck > share * services.length)
    return `reds began in ${struck} of ${services.length} services within ${seconds(withinMs)} (limit ${Math.round(share * 100)} %, at least ${atLeast})`;
  const scores = services.flatMap((service) => [...service.scores.instances.values()]);
  const silent = scores.filter(({ up }) => up.by === 'silence').length;
  return silent >= atLeast && silent > share * scores.length
    ? `${silent} of ${scores.length} instances do not answer the engine (limit ${Math.round(share * 100)} %, at least ${atLeast})`
    : null;
};

/** Null: none that anybody remembers. */
export const stormOf = (services: readonly ServiceWorld[], memory: Memory, now: number): Storm | null => {
  const text = brewing(services);
  if (text !== null) return { at: now, text };
  const last = Math.max(...[...memory.services.values()].map(({ stormAt }) => stormAt ?? -Infinity), -Infinity);
  return last > -Infinity ? { at: last, text: `the last sign of a storm was ${seconds(now - last)} ago` } : null;
};

/** When to remember it: each service does, so that the next leader knows. The same as before where that is near enough. */
export const stormAt = (storm: Storm | null, before: number | null): number | null => {
  if (storm === null) return before;
  return before !== null && storm.at - before < rememberEveryMs ? before : storm.at;
};
