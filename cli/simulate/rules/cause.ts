/** What no restart mends. Who orders one by name has judged the cause. */
import type { ServicePolicy } from '../../../config/index.js';
import type { Breach, StepView } from './model.js';

export function* causeRules({ service, process, policy, nth, isDown, truth }: StepView): Generator<Breach> {
  if (process === null || isDown) return;
  const faults = truth.faultsOf(nth, process);
  const own = new Set(faults);
  if (faults.length === 0) return;
  const blamed = faults.every((fault) => fault.kind === 'metric' && isDependency(policy, fault.metric));
  if (blamed) yield ['a restart is no cure for a dependency', faults.map(({ kind }) => kind).join(), 'ordered'];
  const peers = [...service.processes.values()].filter((one) => one !== process);
  const alike = peers.filter((peer) => truth.faultsOf(nth, peer).some((fault) => own.has(fault))).length;
  const isShared = faults.every((fault) => 'on' in fault && fault.on.instances === 'all');
  if (peers.length > 0 && alike * 2 > peers.length && isShared)
    yield [
      'a restart is no cure for a shared cause',
      `${alike} of ${peers.length} peers suffer from it too`,
      'ordered',
    ];
}

const isDependency = ({ metrics }: ServicePolicy, name: string): boolean =>
  metrics.find((metric) => metric.name === name)?.blame === 'dependency';
