import { loadPresets, loadService } from '../../config/load.js';
import type { ServicePolicy } from '../../config/index.js';
import { formatProblem } from '../../config/problems.js';

const presets = loadPresets();

/**
 * The policy of a service file's text, through the real loader. What a test does not care about may be left out: the
 * service is then `checkout`, its preset `node`. Throws with all problems.
 */
export const policyFor = (text = ''): ServicePolicy => {
  const named = /^service:/m.test(text) ? text : `service: checkout\n${text}`;
  const judged = /^(?:preset|metrics):/m.test(named) ? named : `preset: node\n${named}`;
  const { value, problems } = loadService('test.yaml', judged, presets, { env: {} });
  if (value === null) throw new Error(problems.map(formatProblem).join('\n'));
  return value;
};
