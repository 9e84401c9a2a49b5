/** Whether reds break out in many services at once: then the cause is elsewhere, and killing processes makes it worse. */
import { fleet as defaults } from '../../config/defaults.js';
import { ageOf, freshScore, seconds } from '../facts.js';
import type { Memory, ServiceWorld, Storm } from '../model.js';

/** What is remembered of a storm need not be to the second: records are written only when it moves by as much. */
const rememberEveryMs = 30_000;

/** Some red of this service began within the last moments. */
const isStruck = (service: ServiceWorld): boolean => {
  for (const [id, score] of service.scores.instances)
    if (
      score.zone === 'red' &&
      freshScore(service, id) !== null &&
      ageOf(service.scores, score.zoneSince) <= defaults.storm.withinMs
    )
      return true;
  return false;
};

const brewing = (services: readonly ServiceWorld[]): string | null => {
  const { share, atLeast, withinMs } = defaults.storm;
  let [struck, silent, all] = [0, 0, 0];
  for (const service of services) {
    if (isStruck(service)) struck += 1;
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
