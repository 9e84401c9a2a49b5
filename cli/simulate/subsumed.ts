/** Guardrails that no simulated day misses: what else stands in the way when they are switched off. */
export const subsumed: Readonly<Record<string, string>> = {
  FENCED: 'a lock that was lost is not confirmed any more long before another takes it: NO_QUORUM refuses first',
  BLIND: 'whoever is unknown is not available: MIN_AVAILABLE refuses too',
  STALE_SCORE: 'an engine that stops makes all scores stale: BLIND and MIN_AVAILABLE refuse too',
  NO_SCORE: 'nothing is proposed of an instance without a score, and its owner is not in the catalog',
  UNVERIFIED: 'nothing is proposed of an instance whose action is open',
  WARM_UP: 'rotation keeps the young in, so that DWELL refuses too',
  SINGLE: 'the only instance is never taken out: DWELL and MIN_AVAILABLE refuse too',
  HEADROOM: 'whoever is stepped is out already, and costs the others nothing',
  AMBIGUOUS_TARGET: 'nothing begins without an answer of the runtime that names exactly one',
  OVERLAP: 'no process of the simulated fleet is under two service files',
};
