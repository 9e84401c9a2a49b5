/** The ladder of healing: the steps of a service file over the defaults, and what cannot be meant. */
import { ladder as defaults } from './defaults.js';
import type { LadderStep, ServicePolicy } from './policy.js';
import { finding, type Finding } from './problems.js';
import type { LadderFile } from './schema/ladder.js';
import { formatDuration } from './units.js';
import { scoringWindowMs } from './window.js';

const order: readonly LadderStep['do'][] = ['gentle', 'restart', 'replace'];

export const ladderOf = (file: LadderFile | undefined): readonly LadderStep[] =>
  file === undefined ? defaults.steps : file.map(stepOf);

const stepOf = (step: LadderFile[number]): LadderStep => {
  switch (step.do) {
    case 'gentle':
      return {
        do: 'gentle',
        post: step.post,
        port: step.port ?? null,
        timeoutMs: step.timeout ?? defaults.gentleTimeoutMs,
        verifyMs: step.verify ?? defaults.gentleVerifyMs,
      };
    case 'restart':
      return { do: 'restart', verifyMs: step.verify ?? defaults.verifyMs };
    case 'replace':
      return {
        do: 'replace',
        startNewFirst: step.start_new_first ?? defaults.startNewFirst,
        verifyMs: step.verify ?? defaults.verifyMs,
      };
  }
};

/** Green for less is not verified: a deadline before that could only fail. */
export const leastVerifyMs = ({ heal, scrape }: ServicePolicy): number =>
  Math.max(heal.greenForMs, scoringWindowMs(scrape.intervalMs));

/** Each step once, from the mildest; each in time for its proof; each within the runtime's power. */
export const checkLadder = (policy: ServicePolicy): readonly Finding[] => {
  const { ladder } = policy.heal;
  const needed = leastVerifyMs(policy);
  return ladder.flatMap((step, at) => {
    const path = ['heal', 'ladder', at];
    const before = ladder[at - 1];
    const said: Finding[] = [];
    if (ladder.slice(0, at).some((other) => other.do === step.do))
      said.push(finding([...path, 'do'], `${step.do} stands twice: each step is named once`));
    else if (before && order.indexOf(before.do) > order.indexOf(step.do))
      said.push(finding([...path, 'do'], `${step.do} after ${before.do}: the milder step comes first`));
    if (step.verifyMs < needed)
      said.push(
        finding(
          [...path, 'verify'],
          `verify ${formatDuration(step.verifyMs)} is over before anything is proven`,
          `green for ${formatDuration(needed)} is the least proof here (heal.green_for, or 5 scrape intervals)`,
        ),
      );
    if (step.do === 'replace' && policy.runtime.kind === 'exec' && policy.runtime.replace === null)
      said.push(
        finding([...path, 'do'], 'replace, but runtime.exec has no replace command', 'name one, or leave the step out'),
      );
    return said;
  });
};
