/** Rules about actions: each whole, told once, alone on its target, within its budgets, and allowed by every guardrail. */
import type { Action, ReasonCode } from '../../../scheduler/client/index.js';
import { atLeast } from '../../../scheduler/facts.js';
import { actionsOf, type Evidence, type Line, over, type Rule, storyOf } from './evidence.js';

const hourMs = 3_600_000;
const order = ['intent', 'draining', 'stepping', 'verifying', 'closed'];

const linesOf = (story: readonly Line[], id: string): readonly Line[] =>
  story.filter(({ action, data }) => action === id && typeof data['phase'] === 'string');

/** Of healing, not of a weight that changed meanwhile or of a refusal on the way. */
const isOfPhase = ({ kind }: Line): boolean => kind === 'heal' || kind === 'leader';

const isEnd = ({ data: { outcome } }: Line): boolean => typeof outcome === 'string';

/** Who takes over tells what it finds ended; whoever ended it has told it too, unless it died first. */
const whole: Rule = {
  name: 'each act has its intent before it and its outcome after it, told once',
  check: (evidence) => {
    const story = storyOf(evidence);
    return over(actionsOf(evidence), ({ id, phase }) => {
      const told = linesOf(story, id).filter(isOfPhase);
      const done = told.filter(({ kind }) => kind === 'heal');
      const ends = done.filter(isEnd).length || Math.min(1, told.filter(isEnd).length);
      const afterwards = done.slice(done.findIndex(isEnd) + 1);
      return [
        ...(told[0]?.data['phase'] === 'intent' ? [] : [`${id}: its first line is not its intent`]),
        ...(ends === (phase === 'closed' ? 1 : 0) ? [] : [`${id} is ${phase}, its end is told ${ends} times`]),
        ...(done.some(isEnd) ? afterwards : []).map(({ text }) => `${id}: done after its end: ${text}`),
      ];
    });
  },
};

const orphans: Rule = {
  name: 'no line tells of an action that nobody recorded',
  check: (evidence) => {
    const known = new Set(actionsOf(evidence).map(({ id }) => id));
    const lines = storyOf(evidence).filter(({ action }) => action !== null);
    return over(lines, ({ action, text }) => (known.has(action ?? '') ? [] : [`unknown action ${action}: ${text}`]));
  },
};

const forward: Rule = {
  name: 'phases only go forward; a step is begun again only under a new token',
  check: (evidence) => {
    const story = storyOf(evidence);
    return over(actionsOf(evidence), ({ id }) => {
      const told = linesOf(story, id).filter(({ kind }) => kind === 'heal');
      return told.flatMap((line, nth) => {
        const before = told[nth - 1];
        if (!before) return [];
        const [from, to] = [before, line].map(({ data }) => order.indexOf(String(data['phase'])));
        const again = from === to && data(line) === 'stepping' && (line.token ?? 0) > (before.token ?? 0);
        return (to ?? 0) > (from ?? 0) || again ? [] : [`${id} went from ${data(before)} to ${data(line)}`];
      });
    });
  },
};

const data = (line: Line): string => String(line.data['phase']);

const endOf = (action: Action): number => (action.phase === 'closed' ? action.phaseAt : Infinity);

const overlapping = (
  actions: readonly Action[],
  same: (a: Action, b: Action) => boolean,
): readonly [Action, Action][] =>
  actions.flatMap((action, nth) =>
    actions
      .slice(0, nth)
      .filter((other) => same(action, other) && other.intentAt < endOf(action) && action.intentAt < endOf(other))
      .map((other): [Action, Action] => [other, action]),
  );

const alone: Rule = {
  name: 'never two actions on one target',
  check: (evidence) => {
    const actions = actionsOf(evidence);
    const pairs = overlapping(actions, (a, b) => a.service === b.service && a.instance === b.instance);
    return { checked: actions.length, breaches: pairs.map(([a, b]) => `${a.id} and ${b.id} at once`) };
  },
};

const onceEach: Rule = {
  name: 'no process is the target of two steps',
  check: (evidence) => {
    const stepped = actionsOf(evidence).filter(({ outcome }) => outcome !== 'overtaken');
    const targets = stepped.map(({ identity }) => JSON.stringify(identity));
    return over(stepped, ({ id, outcome }, nth) => {
      const first = targets.indexOf(targets[nth] ?? '');
      // A step that failed was none; the next one may be meant for the same process.
      return first === nth || stepped[first]?.outcome === 'step-failed'
        ? []
        : [`${id} (${outcome}) has the target of another`];
    });
  },
};

/** Failed ones count; what was given up before its step does not. */
const counted = (actions: readonly Action[]): readonly Action[] =>
  actions.filter(({ outcome }) => outcome !== 'overtaken');

const budgets: Rule = {
  name: 'healings per hour stay within their limits',
  check: (evidence) => {
    const actions = counted(actionsOf(evidence));
    return over(actions, (action) => {
      const lately = actions.filter(
        ({ intentAt }) => intentAt <= action.intentAt && action.intentAt - intentAt < hourMs,
      );
      const policy = evidence.policies.get(action.service);
      if (!policy) return [`${action.service} has no policy`];
      const { maxActions, maxActionsPerNode } = policy.guardrails;
      const ofService = lately.filter(({ service }) => service === action.service).length;
      const ofNode = lately.filter(({ node }) => node === action.node).length;
      return [
        ...(ofService <= maxActions ? [] : [`${ofService} healings of ${action.service} within an hour`]),
        ...(ofNode <= maxActionsPerNode ? [] : [`${ofNode} healings on ${action.node} within an hour`]),
      ];
    });
  },
};

const concurrent: Rule = {
  name: 'healings at once stay within the limit of their service',
  check: (evidence) => {
    const actions = actionsOf(evidence);
    return over(actions, (action) => {
      const limit = limitOf(evidence, action);
      const others = actions.filter(
        (other) =>
          other.service === action.service && other.intentAt <= action.intentAt && endOf(other) > action.intentAt,
      );
      return others.length <= limit ? [] : [`${others.length} actions of ${action.service} at once (limit ${limit})`];
    });
  },
};

const limitOf = ({ policies }: Evidence, { service }: Action): number => {
  const policy = policies.get(service);
  return policy ? Math.max(1, atLeast(policy.guardrails.maxConcurrent, policy.guardrails.desired ?? 1)) : 0;
};

/** Judged right before the step; the runtime's answer and the lock besides were asked for once more at the last moment. */
export const needed: readonly ReasonCode[] = [
  ...([
    'NO_QUORUM',
    'FENCED',
    'NEW_LEADER',
    'PAUSED',
    'OBSERVE',
    'PROTECTED',
    'BLIND',
    'PANIC',
    'STORM',
    'SHRINK',
  ] as const),
  ...([
    'STALE_SCORE',
    'NO_SCORE',
    'WARM_UP',
    'UNVERIFIED',
    'DWELL',
    'MIN_AVAILABLE',
    'MAX_CONCURRENT',
    'MAX_ACTIONS',
  ] as const),
  ...(['AMBIGUOUS_TARGET', 'RUNTIME_UNREADABLE'] as const),
];

const allowed: Rule = {
  name: 'each step was allowed by every guardrail: lock, sight, people, dwell, capacity, budgets, target',
  check: (evidence) => {
    const stepped = counted(actionsOf(evidence));
    return over(stepped, ({ id, verdicts }) => [
      ...verdicts.filter((verdict) => !verdict.allowed).map(({ code, text }) => `${id} against ${code}: ${text}`),
      ...needed
        .filter((code) => !verdicts.some((verdict) => verdict.code === code))
        .map((code) => `${id}: nobody asked ${code}`),
    ]);
  },
};

const consent: Rule = {
  name: 'no healing in observe',
  check: (evidence) =>
    over(actionsOf(evidence), ({ id, service }) =>
      evidence.policies.get(service)?.heal.mode === 'observe' ? [`${id}: ${service} is only observed`] : [],
    ),
};

const agree: Rule = {
  name: 'ledger and journals say the same of each action',
  check: (evidence) => {
    const told = evidence.journals.flatMap(({ actions }) => actions);
    const written = evidence.ledgers.flatMap(({ ledger }) => [...ledger.open, ...ledger.closed]);
    return over(written, ({ id, phase, outcome }) =>
      told.some((other) => other.id === id && other.phase === phase && other.outcome === outcome)
        ? []
        : [`${id} is ${phase} (${outcome ?? 'no outcome'}) in the ledger, and no journal says so`],
    );
  },
};

export const actRules: readonly Rule[] = [
  whole,
  orphans,
  forward,
  alone,
  onceEach,
  budgets,
  concurrent,
  allowed,
  consent,
  agree,
];
