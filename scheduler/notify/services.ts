/** What is wrong with a service as a whole. */
import { own } from '../../lib/own.js';
import type { ServicePlan } from '../client/index.js';
import type { ServiceWorld } from '../model.js';
import type { Situation, Trouble } from './model.js';
import { quoted } from './words.js';

/** Of these a plan says as long as they last; the number is how urgent. */
const told = { PANIC: 'page', BLIND: 'warn', SHRINK: 'warn' } as const;

/** A single instance that is restarted by itself leaves the list for a moment. */
const emptyMs = 30_000;

export const serviceTroubles = (
  service: ServiceWorld,
  situation: Situation,
  within: string | null,
): readonly Trouble[] => {
  const { decision } = situation;
  const { policy } = service;
  const plan = decision.plan.services.find((candidate) => candidate.service === policy.service);
  const record = decision.memory.services.get(policy.service);
  if (!plan) return [];
  const trouble = (code: string, level: Trouble['level'], text: string, over: Partial<Trouble> = {}): Trouble => ({
    key: `${policy.service}/${code}`,
    about: { kind: 'service', service: policy.service, instance: null, owner: policy.owner },
    code: null,
    since: null,
    level,
    text: `${policy.service}: ${text}`,
    facts: [],
    numbers: counts(plan),
    verdicts: [],
    command: `ballast status ${quoted(policy.service)}`,
    afterMs: 0,
    within,
    notify: policy.heal.notify,
    ...over,
  });
  const reasons = plan.reasons.flatMap(({ code, text }) => {
    const level = code in told ? told[code as keyof typeof told] : null;
    return level === null ? [] : [trouble(code, level, `${code}: ${text}`, { code })];
  });
  const nobody = plan.reasons.find(({ code }) => code === 'FAIL_STATIC' && isForsaken(plan, situation));
  const fallen = record?.fallen ?? null;
  const spent = plan.proposals
    .flatMap(({ verdicts }) => verdicts)
    .find(({ code, allowed }) => code === 'MAX_ACTIONS' && !allowed);
  return [
    ...reasons,
    ...(nobody ? [trouble('EMPTY', 'page', nobody.text, { code: nobody.code, afterMs: emptyMs })] : []),
    ...(fallen
      ? [
          trouble('FALLEN', 'page', `healing falls to suggest: ${fallen.why}`, {
            since: fallen.since,
            within: null,
          }),
        ]
      : []),
    ...(spent && !fallen
      ? [
          trouble('MAX_ACTIONS', 'page', `the budget of the last hour is spent: ${spent.text}`, {
            code: 'MAX_ACTIONS',
            within: null,
          }),
        ]
      : []),
  ];
};

/** Consul lists nobody of whom the gateway still serves. */
const isForsaken = ({ servers, upstream }: ServicePlan, { world: { gateway } }: Situation): boolean =>
  servers.length === 0 &&
  upstream !== null &&
  gateway !== null &&
  (own(gateway.servers, upstream) ?? []).some(({ weight }) => weight > 0);

const counts = ({ servers }: ServicePlan): Trouble['numbers'] => {
  const zone = (wanted: string): number => servers.filter((server) => server.zone === wanted).length;
  return {
    instances: servers.length,
    green: zone('green'),
    yellow: zone('yellow'),
    red: zone('red'),
    unknown: zone('unknown'),
    inRotation: servers.filter(({ weight }) => weight > 0).length,
  };
};
