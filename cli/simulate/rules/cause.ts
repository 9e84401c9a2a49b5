/** What no restart mends. Who orders one by name has judged the cause. */
import type { ServicePolicy } from '../../../config/index.js';
import type { Fault, Outage } from '../story.js';
import type { Breach, StepView } from './model.js';

export function* causeRules({ service, process, policy, nth, isDown, truth }: StepView): Generator<Breach> {
  if (process === null || isDown) return;
  const faults = truth.faultsOf(nth, process);
  if (faults.length === 0) return;
  const blamed = faults.every((fault) => fault.kind === 'metric' && isDependency(policy, fault.metric));
  if (blamed) yield ['a restart is no cure for a dependency', faults.map(({ kind }) => kind).join(), 'ordered'];
  const peers = [...service.processes.values()].filter((one) => one !== process).map((one) => truth.faultsOf(nth, one));
  // What it has of its own besides may well be mended.
  const grave = faults.filter((fault) => isGrave(policy, fault));
  if (grave.length === 0) return;
  const alike = Math.min(...grave.map((fault) => peers.filter((other) => other.includes(fault)).length));
  if (alike * 2 > peers.length)
    yield [
      'a restart is no cure for a shared cause',
      `${alike} of ${peers.length} peers suffer from it too`,
      'ordered',
    ];
}

/** What makes it red, and not only yellow: that may be of its own, and just over. A metric's ceiling may be above red. */
const isGrave = ({ metrics, scoring: { zones } }: ServicePolicy, fault: Fault | Outage): boolean => {
  if (fault.kind !== 'metric') return true;
  const cap = metrics.find(({ name }) => name === fault.metric)?.cap ?? 0;
  return fault.level >= 1 && cap < zones.criticalScore;
};

const isDependency = ({ metrics }: ServicePolicy, name: string): boolean =>
  metrics.find((metric) => metric.name === name)?.blame === 'dependency';
