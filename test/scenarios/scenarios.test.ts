/** Our own scenarios, in the language that users test their policies with (`docs/testing-policies.md`). */
import { expect } from 'chai';
import { join } from 'node:path';
import { filesOf } from '../../cli/scenarios/files.js';
import { judgeScenario } from '../../cli/scenarios/judge.js';
import { readScenarios } from '../../cli/scenarios/load.js';
import { outcomeText } from '../../cli/scenarios/report.js';
import { loadPresets } from '../../config/load.js';
import { formatProblem } from '../../config/problems.js';
import { packageRoot } from '../../lib/paths.js';

const presets = loadPresets();
const folder = join(packageRoot, 'test', 'scenarios');

for (const file of filesOf([folder])) {
  const { scenarios, problems } = readScenarios(file, presets, { env: {} });
  describe(`scenarios: ${file.slice(folder.length + 1)}`, () => {
    it('can be read', () => expect(problems.map(formatProblem)).deep.equal([]));
    for (const scenario of scenarios)
      it(scenario.name, () => {
        const outcome = judgeScenario(scenario);
        if (outcome.failures.length > 0) expect.fail(outcomeText(outcome, (_, text) => text));
      });
  });
}

it('scenarios: there are some', () => expect(filesOf([folder]).length).above(3));
