/** Memory of what worked: how each step did on each kind of fault. */
import type { Action, Step, Worked } from '../client/index.js';

/** A record says something from so many tries on, and is clearly bad under this share. */
const enoughTries = 5;
const badUnder = 0.3;
/** Kinds of fault are made of metric names, of which there may be many mixtures: the newest are kept. */
const keepAtMost = 100;

export const recordOf = (worked: readonly Worked[], signature: string, step: Step): Worked | null =>
  worked.find((each) => each.signature === signature && each.step === step) ?? null;

export const isClearlyWorse = (record: Worked | null): boolean =>
  record !== null && record.tried >= enoughTries && record.verified < badUnder * record.tried;

/** "restart verified 7 of 8 times on error_ratio, 1 of them green before it" */
export const recordText = (record: Worked | null, step: Step, signature: string): string =>
  record === null || record.tried + record.falsePositives === 0
    ? `${step} was never tried on ${signature}`
    : `${step} verified ${record.verified} of ${record.tried} times on ${signature}` +
      (record.falsePositives > 0 ? `; ${record.falsePositives} times it was green before the step` : '');

/**
 * What the closed actions of the ledger add to the record. Each counts once, whoever leads and however often it is looked
 * at: an entry bears the end of the last action that it counts. The same list where nothing is new.
 */
export const learn = (worked: readonly Worked[], closed: readonly Action[]): readonly Worked[] => {
  const isNews = (action: Action): boolean =>
    counts(action) && action.phaseAt > (recordOf(worked, action.signature, action.step)?.at ?? -Infinity);
  if (!closed.some(isNews)) return worked;
  const news = closed.filter(isNews);
  const after = new Map(worked.map((each) => [keyOf(each), each]));
  for (const action of news) after.set(keyOf(action), plus(after.get(keyOf(action)), action));
  return [...after.values()].sort((a, b) => b.at - a.at).slice(0, keepAtMost);
};

const keyOf = ({ signature, step }: Pick<Worked, 'signature' | 'step'>): string => `${step} ${signature}`;

/** No data is neither success nor failure; what was given up counts only where it had become green by itself. What a person ordered may have had any cause. */
const counts = ({ outcome, falsePositive, by }: Action): boolean =>
  by.kind === 'ballast' && outcome !== 'inconclusive' && (outcome !== 'overtaken' || falsePositive);

const plus = (before: Worked | undefined, { signature, step, outcome, falsePositive, phaseAt }: Action): Worked => ({
  signature,
  step,
  tried: (before?.tried ?? 0) + (outcome === 'overtaken' ? 0 : 1),
  verified: (before?.verified ?? 0) + (outcome === 'verified' ? 1 : 0),
  falsePositives: (before?.falsePositives ?? 0) + (falsePositive ? 1 : 0),
  at: Math.max(before?.at ?? 0, phaseAt),
});
