/** What concerns everything: a storm, the gateway, the engine, Consul, the lock. */
import { guardrails } from '../../config/defaults.js';
import { seconds } from '../facts.js';
import type { Situation, Trouble } from './model.js';

/** A blink is no news. */
const blinkMs = 30_000;

const trouble = (name: string, level: Trouble['level'], text: string, over: Partial<Trouble> = {}): Trouble => ({
  key: `-/${name}`,
  about: { kind: 'fleet', service: null, instance: null, owner: null },
  code: null,
  since: null,
  level,
  text,
  facts: [],
  numbers: {},
  verdicts: [],
  command: 'ballast status',
  afterMs: blinkMs,
  within: null,
  notify: 'each',
  ...over,
});

/** What the leader tells. */
export const fleetTroubles = (situation: Situation): readonly Trouble[] => [
  ...storm(situation),
  ...gateway(situation),
  ...engine(situation),
  ...consul(situation),
];

/** Told by whoever had the lock last: there is no leader to tell it. That another one has it is no trouble. */
export const lockTroubles = ({ lockTrouble }: Situation): readonly Trouble[] =>
  lockTrouble === null
    ? []
    : [
        trouble('lock', 'page', `nobody is known to lead: ${lockTrouble}; the last weights stay, nothing is healed`, {
          code: 'NO_QUORUM',
        }),
      ];

/** As long as the guardrail holds every service back. */
const storm = ({ decision, now }: Situation): readonly Trouble[] => {
  const records = [...decision.memory.services.values()];
  const last = Math.max(-Infinity, ...records.map(({ stormAt }) => stormAt ?? -Infinity));
  if (now - last > guardrails.cooldownMs) return [];
  const struck = decision.plan.services.filter(({ servers }) => servers.some(({ zone }) => zone === 'red')).length;
  return [
    trouble(
      'STORM',
      'page',
      `reds broke out in many services at once: ${struck} of ${records.length} have one; no new healing until it is calm`,
      {
        code: 'STORM',
        numbers: { services: records.length, withRed: struck, calmForSeconds: Math.round((now - last) / 1000) },
        afterMs: 0,
      },
    ),
  ];
};

const gateway = ({ world: { gateway: view } }: Situation): readonly Trouble[] => {
  if (!view?.last || view.last.ok) return [];
  const { revision, stage, text } = view.last;
  return [
    trouble(
      'gateway',
      'page',
      `the gateway refuses plan ${revision} at ${stage}: ${text}; it serves ${view.revision ?? 'nothing of ours'}`,
      {
        code: 'REJECTED',
        numbers: { failures: view.failures, reloads: view.reloads },
        command: 'ballast plan',
        afterMs: 0,
      },
    ),
  ];
};

const engine = ({ world: { services } }: Situation): readonly Trouble[] => {
  const silent = services.filter(({ scores }) => !scores.received);
  if (services.length === 0 || silent.length < services.length) return [];
  const ageMs = Math.min(...silent.map(({ scores }) => scores.ageMs));
  const since = ageMs > 0 && Number.isFinite(ageMs) ? `, its last answer was ${seconds(ageMs)} ago` : '';
  return [
    trouble('engine', 'page', `the engine does not answer${since}: the last weights stay, nothing is healed`, {
      code: 'FAIL_STATIC',
      command: 'ballast get scores',
    }),
  ];
};

const consul = ({ world: { services, controls } }: Situation): readonly Trouble[] => {
  const unread = services.filter(({ ledger }) => ledger === null).map(({ policy }) => policy.service);
  const held = services.filter(({ catalog }) => catalog.kind === 'held' && catalog.shrink === null).length;
  const what = [
    ...(controls === null ? ['what people said cannot be read'] : []),
    ...(unread.length > 0 ? [`the ledger of ${unread.slice(0, 5).join(', ')} cannot be read`] : []),
    ...(held > 0 && held === services.length ? ['no catalog can be read'] : []),
  ];
  if (what.length === 0) return [];
  return [
    trouble('consul', 'page', `Consul: ${what.join('; ')}: nothing is healed until it can`, { code: 'FAIL_STATIC' }),
  ];
};
