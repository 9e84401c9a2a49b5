/** Who is meant: exactly one process, that no other service has a say in. Nobody passes these. */
import { lookedMs } from './leadership.js';
import type { Breach, StepView } from './model.js';

const wrong = {
  ambiguous: 'no healing where two say that they are it',
  unreadable: 'no healing where the runtime cannot be asked',
} as const;

export function* targetRules({ action, service, truth, process, now }: StepView): Generator<Breach> {
  const unsure = truth.unsure();
  // What was answered a moment before is believed for so long.
  if (unsure && now - unsure.since > lookedMs) yield [wrong[unsure.how], `for ${now - unsure.since} ms`];
  if (process === null) return;
  const { address, port } = process.instance;
  for (const other of truth.services)
    for (const { instance } of other === service ? [] : other.processes.values())
      if (instance.address === address && instance.port === port)
        yield ['who is in two service files is left alone', `${action.instance} is ${instance.id} too`];
}
