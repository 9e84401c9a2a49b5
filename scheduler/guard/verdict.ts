import type { InstanceMemory, ReasonCode, Verdict } from '../client/index.js';
import type { GuardContext } from '../model.js';
import { own } from '../../lib/own.js';

export const allow = (code: ReasonCode, text: string): Verdict => ({ code, allowed: true, text });
export const refuse = (code: ReasonCode, text: string): Verdict => ({ code, allowed: false, text });

/** One that says the same sentence either way. */
export const say = (code: ReasonCode, allowed: boolean, text: string): Verdict => ({ code, allowed, text });

export const memoryOf = ({ record, instance }: Pick<GuardContext, 'record' | 'instance'>): InstanceMemory | undefined =>
  own(record.instances, instance);

/** The process itself is known to be gone: much that is asked of a fault of a living one does not apply. */
export const isDown = ({ score }: GuardContext): boolean => score?.up.state === 'down';
