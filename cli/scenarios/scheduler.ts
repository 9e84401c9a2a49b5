/** The scheduler of a scenario: the real `decide`, as leader, with nobody to carry out what it wants done to processes. */
import type { InstanceId, ServicePolicy } from '../../config/index.js';
import { scheduler as defaults } from '../../config/defaults.js';
import type { ConsulStatus, InstanceScore, RotationMark } from '../../engine/client/index.js';
import type { Instance } from '../../engine/model.js';
import type { PlannedServer, ServicePlan } from '../../scheduler/client/index.js';
import { decide } from '../../scheduler/decide.js';
import type { CatalogEntry, Memory, World } from '../../scheduler/model.js';
import { noControls } from '../../scheduler/client/index.js';
import { own } from '../../lib/own.js';

/** It has led for long, and each of its renewals was confirmed just now. */
const lead = { held: true, token: 1, heldSince: -86_400_000, confirmedAgoMs: 0, why: 'a test leads alone' };

const entryOf = ({ id, node, address, port, meta }: Instance, consul: ConsulStatus): CatalogEntry => ({
  ...{ id, node, address, port, meta, consul },
});

export class ScenarioScheduler {
  readonly #policy: ServicePolicy;
  #memory: Memory = { services: new Map() };
  #plan: ServicePlan | null = null;

  constructor(policy: ServicePolicy) {
    this.#policy = policy;
  }

  decide(instances: readonly Instance[], scores: ReadonlyMap<InstanceId, InstanceScore>, now: number): void {
    const world: World = {
      services: [
        {
          policy: this.#policy,
          catalog: { kind: 'live', at: now, entries: instances.map((each) => entryOf(each, each.consul)) },
          scores: { received: true, ageMs: 0, engineNow: now, ready: true, instances: scores },
          ledger: { token: 0, open: [], closed: [] },
          runtime: new Map(),
        },
      ],
      lead,
      gateway: null,
      controls: noControls,
      stepResults: new Map(),
    };
    const { maxActions, maxConcurrent } = defaults;
    const { plan, memory } = decide(world, this.#memory, { maxActions, maxConcurrent }, now);
    this.#memory = memory;
    this.#plan = plan.services[0] ?? null;
  }

  get state(): ServicePlan['state'] | null {
    return this.#plan?.state ?? null;
  }

  /** What is planned for an instance; null: it is not in the catalog. */
  server(id: InstanceId): PlannedServer | null {
    return this.#plan?.servers.find(({ instance }) => instance === id) ?? null;
  }

  /** What the engine reads of it. */
  mark(id: InstanceId): RotationMark | null {
    const record = this.#memory.services.get(this.#policy.service);
    return (record && own(record.rotation, id)) ?? null;
  }
}
