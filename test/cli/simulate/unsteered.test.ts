/** Services whose instances stay in rotation whatever they are: the rules know since when one is ill all the same. */
import { expect } from 'chai';
import { simulate } from '../../../cli/simulate/day.js';
import { judgeWithout } from '../../../cli/simulate/play.js';
import type { Incident } from '../../../cli/simulate/story.js';
import { policyFor } from '../../support/policy.js';

const minute = 60_000;

const unsteered = { file: 'heal: {mode: act, after_down: 1m}', instances: 4 };
const single = {
  file: 'traffic: {upstream: orders}\nheal: {mode: act, single: restart, after_down: 1m}\nguardrails: {desired: 1}',
  instances: 1,
};

const day = ({ file, instances }: typeof single, incident: Incident, without: string | null = null) => {
  const policy = policyFor(`service: orders\npreset: node\nruntime: docker\n${file}\n`);
  const { heals, violations } = simulate({
    policies: [{ policy, instances, perSecond: 200 }],
    story: { seed: 1, endsAt: 30 * minute, incidents: [incident] },
    ...(without === null ? {} : { judge: judgeWithout(without) }),
  });
  return { heals, rules: [...new Set(violations.map(({ rule }) => rule))] };
};

const first = {
  ...{ from: 10 * minute, to: 20 * minute, on: { service: 0, instances: [0] } },
} as const;
const crash: Incident = { kind: 'crash', ...first };
const hang: Incident = { kind: 'hang', ...first, cure: 'restart' };
const errors: Incident = { kind: 'errors', ...first, share: 0.9, cure: 'restart' };

describe('simulated instances that nothing takes out of rotation', () => {
  for (const [name, service] of Object.entries({ unsteered, single })) {
    for (const incident of [crash, hang, errors])
      it(`are healed where they are ${name}, of ${incident.kind}, and no rule breaks`, () => {
        expect(day(service, incident)).deep.equal({ heals: 1, rules: [] });
      });

    it(`break the rule of the dwell where they are ${name}, once DWELL is switched off`, () => {
      expect(day(service, crash, 'DWELL').rules).include('no healing before its dwell');
    });
  }
});
