/** Who may act at all, on what is seen, and in which order it is written. Nobody passes the lock and the ledger. */
import { type InstanceId, scoringWindowMs } from '../../../config/index.js';
import type { InstanceScore } from '../../../engine/client/index.js';
import type { Command, ServiceWorld, World } from '../../../scheduler/model.js';
import type { Process } from '../process.js';
import type { Breach, StepView } from './model.js';

const confirmedMs = 5_000;
/** What the runtime said is believed for so long. */
export const lookedMs = 10_000;

const isConfirmed = ({ lead }: World): boolean => lead.held && (lead.confirmedAgoMs ?? Infinity) <= confirmedMs;

/** Of whatever is asked of the world outside, written or done. */
export function* commandRules(command: Command, world: World, state: ServiceWorld | undefined): Generator<Breach> {
  if (command.do !== 'ledger' && command.do !== 'step') return;
  const { action } = command;
  if (!isConfirmed(world)) yield ['nothing is written without the lock', `${action.id}: ${world.lead.why}`];
  if (state?.ledger && action.token < state.ledger.token)
    yield ['tokens only rise', `${action.id}: ${action.token}, the ledger's ${state.ledger.token}`];
  if (command.do !== 'ledger' || action.phase !== 'intent' || !state) return;
  const led = action.intentAt - (world.lead.heldSince ?? action.intentAt);
  const windowMs = scoringWindowMs(state.policy.scrape.intervalMs);
  if (led < windowMs || !state.scores.ready)
    yield ['a new leader watches first', `${action.id}: leads for ${led} ms, engine ready: ${state.scores.ready}`];
  const fact = state.runtime.get(action.instance as InstanceId);
  if (fact?.kind !== 'one' || action.intentAt - fact.at > lookedMs)
    yield ['who is meant was looked at just before', `${action.id}: ${fact?.kind ?? 'nobody asked'}`];
}

/** Of a step. */
export function* leadershipRules({ action, world, seen }: StepView): Generator<Breach> {
  if (!isConfirmed(world)) yield ['no healing without the lock', world.lead.why];
  if (seen.phases.get(action.id)?.phase !== 'stepping')
    yield ['the intent comes first', 'the ledger does not hold this step'];
}

/** Nothing is done on what nobody sees, or saw too long ago. */
export function* sightRules({
  action,
  service,
  state,
  policy,
  seen,
  process,
  isDown,
  now,
}: StepView): Generator<Breach> {
  const score = service.scores.get(action.instance as InstanceId);
  const { engineNow, ageMs } = state.scores;
  if (!score) yield ['no healing on missing data', 'no score', 'forced'];
  else if (engineNow + ageMs - score.at > policy.scoring.staleIntervals * policy.scrape.intervalMs)
    yield ['no healing on stale data', `scored ${engineNow + ageMs - score.at} ms ago`, 'forced'];
  if (state.catalog.kind !== 'live') yield ['no healing while discovery is held', state.catalog.kind, 'forced'];
  const youngFor = process?.alive === true ? now - process.startedAt : Infinity;
  if (youngFor < policy.guardrails.warmUpMs) yield ['the young are left alone', `started ${youngFor} ms ago`, 'forced'];
  const outFor = now - (seen.outFrom(action.instance) ?? now);
  // Whom the engine cannot reach is out like one that is down. Whether it is left alone all the same, the next rules ask.
  const looksDown = isDown || isUnseen(score, process);
  const dwell = looksDown ? policy.heal.afterDownMs : policy.heal.afterMs;
  if (outFor < dwell) yield ['no healing before its dwell', `out for ${outFor} ms`, 'ordered'];
  if (now - seen.stormAt < policy.guardrails.cooldownMs)
    yield ['no healing in a storm', `${now - seen.stormAt} ms after it`, 'approved', 'forced'];
}

/** The engine cannot reach it, and takes it for dead. */
const isUnseen = (score: InstanceScore | undefined, process: Process | null): boolean =>
  score?.up.state === 'down' && process !== null && process.condition.lostScrapes > 0;

/** What only looks like a fault of the process, or may pass by itself. */
export function* doubtRules({ action, service, process, truth, nth, seen, now }: StepView): Generator<Breach> {
  if (!process?.alive) return;
  const faults = truth.faultsOf(nth, process);
  const score = service.scores.get(process.id);
  if (isUnseen(score, process) && faults.length === 0 && process.condition.consul === 'passing')
    yield ['who only the engine cannot reach is left alone', process.id, 'approved', 'ordered'];
  const isSoft = faults.length > 0 && faults.every(({ kind }) => soft.has(kind));
  if (isSoft && score?.up.state === 'up' && !seen.wasTried(action.instance, now))
    yield ['what may pass by itself is tried once more', faults.map(({ kind }) => kind).join(), 'ordered'];
}

/** Only requests tell of these. */
const soft: ReadonlySet<string> = new Set(['errors', 'flapping', 'liar', 'outage']);
