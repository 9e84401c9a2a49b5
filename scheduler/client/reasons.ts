/**
 * The one table of reason codes. API, CLI, journal, page and `docs/reasons/` derive from it. A code never changes its meaning.
 * `refuses`: holds back healing (or, where its sentence says so, traffic). `traffic`: why a weight is what it is.
 * `act`: a step of an action. `service`: about a service as a whole.
 */
export const reasons = {
  // refusals, in the order in which they are checked
  NO_QUORUM: { kind: 'refuses', says: 'no confirmed leadership: acts wait until the lock is renewed' },
  FENCED: { kind: 'refuses', says: 'a newer leader has written: this one stands back' },
  NEW_LEADER: { kind: 'refuses', says: 'a new leader watches one full scoring window before it heals' },
  PAUSED: { kind: 'refuses', says: 'a person paused it' },
  MAINTENANCE: { kind: 'refuses', says: 'in maintenance: people work on it, or a window is open' },
  OBSERVE: { kind: 'refuses', says: 'the mode is observe: shown, not done' },
  PROTECTED: { kind: 'refuses', says: 'the service file protects this instance' },
  APPROVAL: { kind: 'refuses', says: 'waits for a person, or a person said no' },
  BLIND: { kind: 'refuses', says: 'more than half of the instances are unknown: weights and healing are frozen' },
  PANIC: { kind: 'refuses', says: 'too few are healthy: a shared cause is likelier; all that are up get equal weight' },
  STORM: { kind: 'refuses', says: 'reds broke out in many services at once: no new healing until it is calm' },
  SHRINK: { kind: 'refuses', says: 'discovery lost many instances at once: the last good set is kept' },
  STALE_SCORE: { kind: 'refuses', says: 'the score is too old to act on' },
  NO_SCORE: { kind: 'refuses', says: 'the engine has no score for this instance' },
  WARM_UP: { kind: 'refuses', says: 'too young to judge' },
  UNVERIFIED: { kind: 'refuses', says: 'started by us and not yet verified' },
  DWELL: { kind: 'refuses', says: 'not red and out for long enough' },
  UNPROVEN: { kind: 'refuses', says: 'a soft fault is healed only after a failed probation' },
  DEPENDENCY: { kind: 'refuses', says: 'the points are lost on what it depends on: a restart would not help' },
  SHARED_CAUSE: { kind: 'refuses', says: 'its peers lose points on the same metrics' },
  CONTRADICTED: { kind: 'refuses', says: 'somebody else who looks at it says otherwise' },
  SINGLE: { kind: 'refuses', says: 'a single instance is restarted only if its file says so' },
  MIN_AVAILABLE: { kind: 'refuses', says: 'too few others are available' },
  HEADROOM: { kind: 'refuses', says: 'the others could not bear its load' },
  MAX_CONCURRENT: { kind: 'refuses', says: 'enough healings are in progress' },
  MAX_ACTIONS: { kind: 'refuses', says: 'the budget of the last hour is spent' },
  BACKOFF: { kind: 'refuses', says: 'waits between two steps of one episode' },
  LADDER_SPENT: {
    kind: 'refuses',
    says: 'every step was tried in vain: left alone until it is green, or a person acts',
  },
  COOLDOWN: { kind: 'refuses', says: 'its last episode ended a short time ago' },
  AMBIGUOUS_TARGET: { kind: 'refuses', says: 'not exactly one container or process is this instance' },
  OVERLAP: { kind: 'refuses', says: 'two service files name this process' },
  NO_RUNTIME: { kind: 'refuses', says: 'the service file names no runtime to heal with' },
  RUNTIME_UNREADABLE: { kind: 'refuses', says: 'the runtime could not be asked' },
  // why a weight is what it is
  FULL: { kind: 'traffic', says: 'healthy: full weight' },
  LOWERED: { kind: 'traffic', says: 'yellow: weight by score' },
  RAMP: { kind: 'traffic', says: 'new or recovered: the weight rises with time' },
  JOINING: { kind: 'traffic', says: 'waits for Consul to pass' },
  RED: { kind: 'traffic', says: 'red: out of rotation' },
  DOWN: { kind: 'traffic', says: 'the process is down: out of rotation' },
  CONSUL_CRITICAL: { kind: 'traffic', says: 'Consul says critical: out of rotation' },
  CONSUL_MAINTENANCE: { kind: 'traffic', says: 'in maintenance in Consul: out of rotation' },
  OPEN: { kind: 'traffic', says: 'its breaker is open' },
  PROBATION: { kind: 'traffic', says: 'its breaker is half-open: floor weight until it proves itself' },
  DRAINED: { kind: 'traffic', says: 'a person wants it out of rotation' },
  DRAIN_HELD: { kind: 'traffic', says: 'a person wants it out, but too few would be left: it keeps its weight' },
  HELD_FLOOR: { kind: 'traffic', says: 'red, but taking it out would leave too few: floor weight' },
  KEPT: { kind: 'traffic', says: 'not known now: the last weight is kept' },
  EQUAL: { kind: 'traffic', says: 'panic: equal weight' },
  IN_ACTION: { kind: 'traffic', says: 'being healed: out of rotation' },
  // an action, step by step
  INTENT: { kind: 'act', says: 'the intent is in the ledger' },
  APPROVED: { kind: 'act', says: 'a person approved the step' },
  VETOED: { kind: 'act', says: 'a person said no to this episode' },
  EXPIRED: { kind: 'act', says: 'an approval or an order ran out before the step could be taken' },
  DRAINING: { kind: 'act', says: 'waits for requests in flight' },
  STEP: { kind: 'act', says: 'the runtime is told' },
  STEP_FAILED: { kind: 'act', says: 'the runtime could not do it' },
  VERIFYING: { kind: 'act', says: 'waits for the new process to prove itself' },
  VERIFIED: { kind: 'act', says: 'green, passing and taking traffic' },
  NOT_VERIFIED: { kind: 'act', says: 'not green before the deadline' },
  INCONCLUSIVE: { kind: 'act', says: 'no data while verifying: neither success nor failure' },
  LATE_SUCCESS: { kind: 'act', says: 'green after the deadline: the next step is cancelled' },
  TIDIED: { kind: 'act', says: 'the container that a replacement had kept is removed' },
  UNDONE: { kind: 'act', says: 'the replacement was taken back: the old container is in its place again' },
  OVERTAKEN: { kind: 'act', says: 'the precondition no longer holds: given up before the step' },
  ALLOWED: { kind: 'act', says: 'every guardrail allows it' },
  APPLIED: { kind: 'act', says: 'the gateway serves this plan' },
  REJECTED: { kind: 'act', says: 'the gateway refused this plan before it was in force: the last good one serves' },
  ROLLED_BACK: { kind: 'act', says: 'this plan could not be proven: the last good one was brought back' },
  // about a service
  FALLEN: { kind: 'service', says: 'the level of healing fell to suggest by itself' },
  LIFTED: { kind: 'service', says: 'the level of healing is what people allow again' },
  PROMOTE: { kind: 'service', says: 'enough steps were verified: one level up is proposed' },
  FAIL_STATIC: { kind: 'service', says: 'Consul, the engine or the lock is lost: the last weights stay' },
} as const satisfies Record<
  string,
  { readonly kind: 'refuses' | 'traffic' | 'act' | 'service'; readonly says: string }
>;

export type ReasonCode = keyof typeof reasons;
/** Codes of guardrails. */
export type RefusingCode = {
  [K in ReasonCode]: (typeof reasons)[K]['kind'] extends 'refuses' ? K : never;
}[ReasonCode];
export const reasonCodes = Object.keys(reasons) as readonly ReasonCode[];
export const isReasonCode = (text: string): text is ReasonCode => Object.hasOwn(reasons, text);
