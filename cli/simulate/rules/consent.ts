/** What people said: the file, what they lowered it to, pauses, vetoes, and what they ordered themselves. */
import { drainOf } from '../../../scheduler/said.js';
import type { Breach, StepView } from './model.js';

export function* consentRules(view: StepView): Generator<Breach> {
  const { action, world, policy, seen, now } = view;
  const { controls } = world;
  const scopes = ['all', `service/${policy.service}`];
  const levels = (controls?.modes ?? []).filter(({ scope }) => scopes.includes(scope)).map(({ heal }) => heal);
  const all = [policy.heal.mode, ...levels];
  if (all.includes('observe')) yield ['no healing in observe', all.join(), 'ordered'];
  if (all.includes('suggest')) yield ['no healing in suggest without a person', all.join(), 'approved', 'ordered'];
  if (controls?.pauses.some(({ scope }) => scopes.includes(scope)))
    yield ['no healing against a pause', 'paused', 'forced'];
  if (controls?.maintenance.some(({ scope }) => scopes.includes(scope)))
    yield ['no healing in maintenance', 'maintenance', 'forced'];
  if (policy.runtime.kind === 'none') yield ['nothing is healed without a runtime', policy.file];
  if (policy.protected.includes(action.instance as never))
    yield ['the protected are left alone', 'protected', 'forced'];
  if (drainOf(controls, policy.service, action.instance, now))
    yield ['what a person drained is left alone', 'drained', 'ordered'];
  const word = controls?.approvals.find(({ instance }) => instance === action.instance);
  const isMeant = word?.proposal.startsWith(`${action.service}/${action.instance}/`) === true && word.at <= now;
  // Said of the trouble that this action is about: that began before the word, and was not over since.
  if (isMeant && word.says === 'veto' && (seen.outFrom(action.instance) ?? Infinity) <= word.at)
    yield ['no healing against a veto', word.proposal, 'ordered'];
  yield* approvalRules(view);
  yield* orderRules(view);
}

function* approvalRules({ action, seen, now }: StepView): Generator<Breach> {
  const { approval } = action;
  if (approval === null) return;
  if (approval.step !== action.step || approval.at > now) yield ['an approval is of this step', approval.proposal];
  const used = seen.done.some(
    ({ action: { id, approval: other } }) =>
      id !== action.id && other?.at === approval.at && other.proposal === approval.proposal,
  );
  if (used) yield ['an approval is used once', approval.proposal];
}

/** Nobody but a person can pass what a person can; and an order is one step, begun in its time or not at all. */
function* orderRules({ action, seen }: StepView): Generator<Breach> {
  const { by, intentAt } = action;
  if (by.kind !== 'human') return;
  const known = seen.orders.get(by.order);
  if (!known) {
    yield ['who ordered a step is a person', by.order];
    return;
  }
  const { order, withdrawnAt } = known;
  if (order.step !== action.step || order.instance !== action.instance || order.forced !== by.forced)
    yield ['an order is of this step', `${order.step} of ${order.instance}`];
  if (intentAt < order.at || intentAt >= order.until) yield ['an order is begun in its time', order.id];
  if (withdrawnAt !== null && withdrawnAt < intentAt) yield ['what was withdrawn is not begun', order.id];
  const begun = seen.done.some(
    ({ action: { id, by: other } }) => id !== action.id && other.kind === 'human' && other.order === order.id,
  );
  if (begun) yield ['an order is done once', order.id];
}
