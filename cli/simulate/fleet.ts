/** The fleet that is simulated where nobody names another: three services with the presets' metrics and default guardrails. */
import { loadPresets, loadService } from '../../config/load.js';
import { formatProblem } from '../../config/problems.js';
import type { ServicePolicy } from '../../config/index.js';
import type { DayOptions } from './day.js';
import { canTurnBad } from './service.js';
import type { Stage } from './tell.js';

const common = `
preset: node
traffic: {upstream: $NAME}
runtime: {docker: {}}
heal: {mode: act}
`;

const longLadder = `heal:
  mode: act
  ladder: [{do: gentle, post: /refresh}, {do: restart}, {do: replace, start_new_first: true}]`;

/** What differs among the three: one waits for a database; of one the ladder is long, and one instance is nobody's business but its owner's. */
const files: Readonly<Record<string, string>> = {
  orders: common,
  search: `${common}metrics:
  db_wait: {query: max(db_wait_seconds), good: 10ms, critical: 500ms, weight: 0.2, cap: 40, blame: dependency}
`,
  users: `${common.replace('heal: {mode: act}', longLadder)}protected: [users-4]\n`,
};

export const policyOf = (name: string, text: string): ServicePolicy => {
  const { value, problems } = loadService(
    `${name}.yaml`,
    `service: ${name}\n${text.replaceAll('$NAME', name)}`,
    loadPresets(),
    {
      env: {},
    },
  );
  if (value === null) throw new Error(problems.map(formatProblem).join('\n'));
  return value;
};

export type Fleet = DayOptions['policies'];

export const defaultFleet = (instances = 4, perSecond = 200): Fleet =>
  Object.entries(files).map(([name, text]) => ({ policy: policyOf(name, text), instances, perSecond }));

export const stageOf = (fleet: Fleet): Stage => ({
  services: fleet.map(({ policy, instances }) => ({
    instances,
    metrics: policy.metrics.filter(canTurnBad).map(({ name }) => name),
  })),
});
