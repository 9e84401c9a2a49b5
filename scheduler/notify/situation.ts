/** What a person should know now, and how it is said when it is over. */
import type { Maintenance } from '../client/index.js';
import { fleetTroubles, lockTroubles } from './fleet.js';
import { instanceEnding, instanceTroubles } from './instances.js';
import type { Ending, Situation, Trouble } from './model.js';
import { serviceTroubles } from './services.js';

/** Troubles of which others are part: of everything, and of a service. */
const strikesAll: ReadonlySet<string> = new Set(['-/STORM', '-/engine']);
const strikesService: ReadonlySet<string> = new Set(['PANIC', 'BLIND']);

/** All troubles, largest first. Of a single instance nothing is told while its whole service, or the whole fleet, is struck. */
export const troublesOf = (situation: Situation): readonly Trouble[] => {
  if (!situation.world.lead.held) return lockTroubles(situation);
  const fleet = fleetTroubles(situation);
  const larger = fleet.find(({ key }) => strikesAll.has(key))?.key ?? null;
  const services = situation.world.services.flatMap((service) => {
    const whole = serviceTroubles(service, situation, larger);
    const within = larger ?? whole.find(({ code }) => code !== null && strikesService.has(code))?.key ?? null;
    return [...whole, ...instanceTroubles(service, situation, within)];
  });
  return [...fleet, ...services.filter(({ about }) => !isMaintained(about, situation))];
};

const covers = ({ scope }: Maintenance, { service, instance }: Trouble['about']): boolean =>
  scope === 'all' || scope === `service/${service ?? ''}` || scope === `instance/${service ?? ''}/${instance ?? ''}`;

/** Expected, and told nobody as trouble: by hand, or by a window that is open for the whole service. */
const isMaintained = (about: Trouble['about'], { world: { controls }, decision, now }: Situation): boolean =>
  (controls?.maintenance.some((one) => (one.until === null || one.until > now) && covers(one, about)) ?? false) ||
  decision.plan.services.some(
    ({ service, reasons }) => service === about.service && reasons.some(({ code }) => code === 'MAINTENANCE'),
  );

export const endingOf =
  (situation: Situation): Ending =>
  (episode) => {
    const { about } = episode;
    if (isMaintained(about, situation)) return 'maintenance has begun';
    if (about.kind !== 'instance') return 'it is not so any more';
    const service = situation.world.services.find(({ policy }) => policy.service === about.service);
    return instanceEnding(service, situation, episode);
  };
