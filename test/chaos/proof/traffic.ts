/** Rules about traffic, from what the gateway was proven to serve. */
import { atLeast } from '../../../scheduler/facts.js';
import { actionsOf, type Evidence, type Line, over, type Rule, storyOf } from './evidence.js';

const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);

const applied = (evidence: Evidence): readonly Line[] =>
  storyOf(evidence).filter(({ kind, code }) => kind === 'gateway' && code === 'APPLIED');

const weights: Rule = {
  name: 'whoever is in rotation has a whole weight from the floor to the maximum',
  check: (evidence) =>
    over(applied(evidence), ({ service, instance, data }) => {
      const to = number(data['to']);
      const traffic = evidence.policies.get(service ?? '')?.traffic;
      if (to === 0 || !traffic) return [];
      const floor = Math.ceil(traffic.floor * traffic.maxWeight);
      return to !== null && Number.isInteger(to) && to >= floor && to <= traffic.maxWeight
        ? []
        : [`${instance} was served with weight ${to}`];
    }),
};

/** Each proven revision with what it changed. */
const revisionsOf = (lines: readonly Line[]): readonly (readonly Line[])[] => {
  const groups = new Map<string, Line[]>();
  for (const line of lines) {
    const key = `${line.journal} ${line.at} ${String(line.data['revision'])}`;
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  return [...groups.values()];
};

const minimum: Rule = {
  name: 'instances in rotation never fall under the minimum through us, and an upstream is never empty',
  check: (evidence) => {
    const out = new Map<string, Set<string>>();
    return over(revisionsOf(applied(evidence)), (lines) => {
      for (const { service, instance, data } of lines) {
        const gone = out.get(service ?? '') ?? new Set<string>();
        if (number(data['to']) === 0) gone.add(instance ?? '');
        else gone.delete(instance ?? '');
        out.set(service ?? '', gone);
      }
      const lowered = lines.filter(({ data }) => number(data['to']) === 0);
      return [...new Set(lowered.map(({ service }) => service ?? ''))].flatMap((service) => {
        const policy = evidence.policies.get(service);
        const size = evidence.sizes.get(service) ?? 0;
        if (!policy) return [];
        const inRotation = size - (out.get(service)?.size ?? 0);
        const least = Math.max(1, atLeast(policy.guardrails.minAvailable, policy.guardrails.desired ?? size));
        return inRotation >= least
          ? []
          : [`${inRotation} of ${service} in rotation (minimum ${least}) at ${lines[0]?.at}`];
      });
    });
  },
};

/** What is known of the moment at which an instance was decided out, before its action began. */
const outSince = (story: readonly Line[], service: string, instance: string, at: number): number | null => {
  let since: number | null = null;
  for (const line of story) {
    if (line.kind !== 'traffic' || line.service !== service || line.instance !== instance || line.at > at) continue;
    const lifecycle = line.data['lifecycle'];
    if (lifecycle === 'serving' || lifecycle === 'joining') since = null;
    else if (lifecycle === 'out') since ??= line.at;
  }
  return since;
};

const dwell: Rule = {
  name: 'no healing before its dwell out of rotation',
  check: (evidence) => {
    const story = storyOf(evidence);
    return over(actionsOf(evidence), ({ id, service, instance, intentAt }) => {
      const heal = evidence.policies.get(service)?.heal;
      if (!heal || heal.single === 'restart') return [];
      const since = outSince(story, service, instance, intentAt);
      const least = Math.min(heal.afterMs, heal.afterDownMs);
      if (since === null) return [`${id}: no journal says that it was out`];
      return intentAt - since >= least
        ? []
        : [`${id} began ${intentAt - since} ms after it was out (minimum ${least})`];
    });
  },
};

/**
 * What the gateway served of an instance while its step went on: the last proven before it, and all that came meanwhile. What
 * a scheduler found served when it began to lead is not told: a weight proven before that says nothing any more.
 */
const servedDuring = (lines: readonly Line[], from: number, until: number, ledSince: number): readonly number[] => {
  const before = lines.filter(({ at }) => at <= from).slice(-1);
  const known = before.filter(({ at, data }) => at >= ledSince || number(data['to']) === 0);
  return [...known, ...lines.filter(({ at }) => at > from && at < until)].map(({ data }) => number(data['to']) ?? -1);
};

/** Told by who does it or by who takes it over, in that phase. */
const isDuringStep = ({ data }: Line): boolean => ['draining', 'stepping'].includes(String(data['phase']));

const outMeanwhile: Rule = {
  name: 'no step while the gateway serves its target',
  check: (evidence) => {
    const [story, lines] = [storyOf(evidence), applied(evidence)];
    return over(actionsOf(evidence), ({ id, service, instance }) => {
      const policy = evidence.policies.get(service);
      const told = story.filter((line) => line.action === id && line.data['phase'] !== undefined);
      const step = told.find(({ kind, data }) => kind === 'heal' && data['phase'] === 'stepping');
      if (!step || policy?.traffic?.mode !== 'act' || evidence.sizes.get(service) === 1) return [];
      const until = told.find((line) => line.at >= step.at && !isDuringStep(line))?.at ?? Infinity;
      const led = story.findLast(
        ({ kind, text, at }) => kind === 'leader' && text.startsWith('leads ') && at <= step.at,
      );
      const mine = lines.filter((line) => line.service === service && line.instance === instance);
      const served = servedDuring(mine, step.at, until, led?.at ?? -Infinity);
      return served.every((weight) => weight === 0) ? [] : [`${id}: served with weight ${served.join(', ')}`];
    });
  },
};

export const trafficRules: readonly Rule[] = [weights, minimum, dwell, outMeanwhile];
