/** The level of healing falls by itself when a step proves to be no cure, so that the same is not done to the next one. */
import type { InstanceId, ServicePolicy } from '../../config/index.js';
import type { Action, ServiceRecord } from '../client/index.js';
import { isFallen, isLower, levelOf, provenBy, type LevelParts } from '../consent.js';
import type { Event } from '../model.js';
import { seconds } from '../facts.js';

export interface Fall {
  readonly record: ServiceRecord;
  readonly events: readonly Event[];
}

interface Given extends Pick<LevelParts, 'policy' | 'controls' | 'now'> {
  readonly record: ServiceRecord;
  /** Actions that ended just now. */
  readonly ended: readonly Action[];
  /** Well and in no trouble any more, whatever mended it. */
  readonly isWell: (instance: string) => boolean;
}

/**
 * Falls when a step of ours was not verified; rises again with the next one that is, once the instance is well all the same,
 * after an hour, or by a person's word.
 * What a person ordered counts for neither; what one approved and was no cure was that person's idea.
 */
export const stepFall = ({ policy, controls, record, ended, isWell, now }: Given): Fall => {
  const event = (code: 'FALLEN' | 'LIFTED', text: string, action: Action | null): Event => ({
    kind: 'system',
    service: policy.service,
    instance: (action?.instance ?? null) as InstanceId | null,
    action: action?.id ?? null,
    code,
    text,
    data: {},
  });
  const failed = ended.find(
    ({ outcome, by, approval }) => outcome === 'not-verified' && by.kind === 'ballast' && !approval,
  );
  if (failed && isLower('suggest', levelOf({ policy, controls, record: null, instance: null, now }).mode)) {
    const why = `${failed.step} of ${failed.instance} was not verified: ${failed.outcomeText ?? ''}`;
    const text = `falls to suggest for an hour, or until one is verified: ${why}`;
    const isNews = !isFallen({ policy, controls, record, now });
    return {
      record: { ...record, fallen: { since: now, instance: failed.instance, why } },
      events: isNews ? [event('FALLEN', text, failed)] : [],
    };
  }
  if (record.fallen === null) return { record, events: [] };
  const verified = ended.find(({ outcome, by }) => outcome === 'verified' && by.kind === 'ballast');
  const { instance } = record.fallen;
  const isOver = verified !== undefined || isWell(instance);
  if (!isOver && isFallen({ policy, controls, record, now })) return { record, events: [] };
  const calm = isOver ? `${instance} is well again` : 'long enough ago, or a person said so';
  const why = verified ? `${verified.step} of ${verified.instance} was verified` : calm;
  const text = `may act by itself again, ${seconds(now - record.fallen.since)} after it fell: ${why}`;
  return { record: { ...record, fallen: null }, events: [event('LIFTED', text, verified ?? null)] };
};

const verifiedIn = ({ worked }: ServiceRecord): number => worked.reduce((sum, one) => sum + one.verified, 0);

/** In `suggest`, after enough steps that were approved and verified: one level up is proposed, once. */
export const promotion = (policy: ServicePolicy, before: ServiceRecord, after: ServiceRecord): readonly Event[] => {
  if (policy.heal.mode !== 'suggest' || before.worked === after.worked) return [];
  const count = verifiedIn(after);
  if (count < provenBy || verifiedIn(before) >= provenBy) return [];
  return [
    {
      kind: 'system',
      service: policy.service,
      instance: null,
      action: null,
      code: 'PROMOTE',
      text: `${count} steps were verified in suggest (needs ${provenBy}): heal.mode: act is proposed`,
      data: { verified: count },
    },
  ];
};
