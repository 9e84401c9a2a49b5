/** Simulated days from the command line. */
import { defaultFleet } from '../cli/simulate/fleet.js';
import { play } from '../cli/simulate/play.js';
import { playTable } from '../cli/simulate/policies/command.js';
import { runDays, storyOf, type Task, totalsOf } from '../cli/simulate/run.js';
import { failsAlike, shrink } from '../cli/simulate/shrink.js';
import { clockText, incidentText } from '../cli/simulate/story.js';
import { switchOff } from '../cli/simulate/switch-off.js';
import { commandLine, headOf, wholeNumber } from '../lib/command-line.js';
import { messageOf } from '../lib/errors.js';

const values = commandLine(headOf('scripts/simulate'), {
  options: {
    days: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    hours: { type: 'string', default: '24' },
    replay: { type: 'string' },
    shrink: { type: 'boolean', default: false },
    'switch-off': { type: 'boolean', default: false },
    guardrail: { type: 'string', multiple: true, default: [] },
    'policy-table': { type: 'boolean', default: false },
    seeds: { type: 'string', default: '5' },
    condition: { type: 'string', multiple: true, default: [] },
    fault: { type: 'string', multiple: true, default: [] },
    contender: { type: 'string', multiple: true, default: [] },
    alternative: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
  },
});

const out = (text: string): void => void process.stdout.write(`${text}\n`);
const err = (text: string): void => void process.stderr.write(`${text}\n`);

const fleet = defaultFleet();

const taskOf = (seed: number): Task => ({
  fleet,
  seed,
  hours: wholeNumber('hours', values.hours, 1),
  without: [],
  only: null,
});

/** A day's incidents in the hours of a few, so that they meet. */
const denseTask = (seed: number): Task => ({ ...taskOf(seed), least: 20 });

const seeds = (): readonly number[] => {
  const [days, first] = [wholeNumber('days', values.days, 1), wholeNumber('seed', values.seed, 0)];
  return Array.from({ length: days }, (_, nth) => first + nth);
};

const playDays = async (): Promise<boolean> => {
  const started = performance.now();
  const results = await runDays(seeds().map(taskOf), ({ seed, violations, unhealed }, done) => {
    if (done % 10 === 0) err(`${done} of ${values.days} days`);
    for (const { rule, text } of violations.slice(0, 3)) err(`seed ${seed}: ${rule}: ${text}`);
    for (const each of unhealed) err(`seed ${seed}: not well again: ${each}`);
  });
  const totals = totalsOf(results, Math.round((performance.now() - started) / 100) / 10);
  if (values.json) out(JSON.stringify(totals));
  else for (const [name, value] of Object.entries(totals)) out(`${name.padEnd(20)} ${String(value)}`);
  const failed = results.find(({ violations, unhealed }) => violations.length > 0 || unhealed.length > 0);
  if (failed) err(`again: scripts/simulate --replay ${failed.seed}; shortened: --shrink`);
  return failed === undefined;
};

const replay = (seed: number): boolean => {
  const whole = taskOf(seed);
  const only = values.shrink ? shrink(whole, failsAlike(whole)) : null;
  const task = { ...whole, only };
  for (const incident of storyOf(task).incidents) out(incidentText(incident));
  out('');
  const { violations, unhealed } = play(task, out);
  for (const { at, rule, text } of violations) out(`${clockText(at)} BROKEN ${rule}: ${text}`);
  for (const each of unhealed) out(`NOT WELL ${each}`);
  return violations.length === 0 && unhealed.length === 0;
};

const table = async (): Promise<boolean> => {
  try {
    await playTable({ ...values, seeds: wholeNumber('seeds', values.seeds, 1) }, { out, err });
    return true;
  } catch (thrown) {
    err(messageOf(thrown));
    return false;
  }
};

const run = async (): Promise<boolean> => {
  if (values['policy-table']) return table();
  if (values.replay !== undefined) return replay(wholeNumber('replay', values.replay, 0));
  if (values['switch-off'])
    return switchOff(seeds(), denseTask, { out, err, json: values.json, only: values.guardrail });
  return playDays();
};

process.exitCode = (await run()) ? 0 : 1;
