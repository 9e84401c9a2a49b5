/** Who may act at all: one leader, sure of it, who has watched for a while. */
import { scoringWindowMs } from '../../config/index.js';
import { confirmedWithinMs, seconds } from '../facts.js';
import type { Guardrail } from '../model.js';
import { allow, refuse, say } from './verdict.js';

export const noQuorum: Guardrail = ({ world: { lead }, service: { ledger } }) => {
  if (!lead.held || lead.token === null) return refuse('NO_QUORUM', `the lock is not ours: ${lead.why}`);
  if (ledger === null) return refuse('NO_QUORUM', 'the ledger could not be read');
  if (lead.confirmedAgoMs === null) return refuse('NO_QUORUM', 'the lock was never confirmed');
  const text = `lock confirmed ${seconds(lead.confirmedAgoMs)} ago (limit ${seconds(confirmedWithinMs)})`;
  return say('NO_QUORUM', lead.confirmedAgoMs <= confirmedWithinMs, text);
};

export const fenced: Guardrail = ({ world: { lead }, service: { ledger } }) => {
  if (ledger === null) return refuse('FENCED', 'the ledger could not be read');
  if (lead.token === null) return refuse('FENCED', 'no token of our own');
  return say('FENCED', ledger.token <= lead.token, `our token ${lead.token}, the ledger's ${ledger.token}`);
};

export const newLeader: Guardrail = ({ world: { lead }, service: { policy, scores }, now }) => {
  if (!scores.ready) return refuse('NEW_LEADER', 'the engine has not watched one full scoring window yet');
  if (lead.heldSince === null) return refuse('NEW_LEADER', 'nobody knows since when this one leads');
  const ago = now - lead.heldSince;
  const windowMs = scoringWindowMs(policy.scrape.intervalMs);
  if (ago >= windowMs) return allow('NEW_LEADER', `leads for ${seconds(ago)} (scoring window ${seconds(windowMs)})`);
  return refuse('NEW_LEADER', `leads for ${seconds(ago)}, needs a scoring window of ${seconds(windowMs)}`);
};
