/** What is scored: the services of the files, and beside them those that were found without one. */
import { isDeepStrictEqual } from 'node:util';
import type { ServiceName, ServicePolicy } from '../config/index.js';
import type { Board } from './api/index.js';
import { compileService, type CompiledService } from './derive/index.js';
import type { Evaluator } from './evaluator.js';
import type { Registry } from './registry/index.js';
import type { HistoryStore } from './store/index.js';
import type { Turns } from './turns.js';

/** Who says that a service is to be scored. Where several do, a file comes before what discovery found. */
export const origins = ['file', 'discovery'] as const;
export type Origin = (typeof origins)[number];

export interface ServiceChanges {
  readonly added: readonly ServiceName[];
  readonly changed: readonly ServiceName[];
  readonly removed: readonly ServiceName[];
}

type Known = ReadonlyMap<ServiceName, CompiledService>;

/** One that is as it was stays the same object: whatever was prepared for it is still good. */
const compileAgain = (policy: ServicePolicy, known: Known): CompiledService => {
  const before = known.get(policy.service);
  return before && isDeepStrictEqual(before.policy, policy) ? before : compileService(policy);
};

const compare = (before: Known, after: Known): ServiceChanges => ({
  added: [...after.keys()].filter((name) => !before.has(name)),
  changed: [...after].filter(([name, compiled]) => (before.get(name) ?? compiled) !== compiled).map(([name]) => name),
  removed: [...before.keys()].filter((name) => !after.has(name)),
});

/** Compiled policies by service, whose origins are replaced one at a time. Pure bookkeeping: `next` changes nothing. */
export class ServiceSet {
  private constructor(
    private readonly said: ReadonlyMap<Origin, readonly ServicePolicy[]>,
    readonly compiled: Known,
  ) {}

  static readonly empty = new ServiceSet(new Map(), new Map());

  /** Throws a BallastError where a query cannot be used. */
  next(
    origin: Origin,
    policies: readonly ServicePolicy[],
  ): { readonly set: ServiceSet; readonly changes: ServiceChanges } {
    const said = new Map(this.said).set(origin, policies);
    const compiled = new Map<ServiceName, CompiledService>();
    for (const each of origins)
      for (const policy of said.get(each) ?? [])
        if (!compiled.has(policy.service)) compiled.set(policy.service, compileAgain(policy, this.compiled));
    return { set: new ServiceSet(said, compiled), changes: compare(this.compiled, compiled) };
  }

  get all(): readonly CompiledService[] {
    return [...this.compiled.values()];
  }
}

export interface ServicesParts {
  readonly evaluator: Evaluator;
  readonly registry: Registry;
  readonly board: Board;
  readonly store: HistoryStore;
  readonly turns: Turns;
}

/** Replaces services while everything runs: whole, between two turns, or, where a query is bad, not at all. */
export class Services {
  #set: ServiceSet;

  constructor(
    private readonly parts: ServicesParts,
    initial: ServiceSet,
  ) {
    this.#set = initial;
    parts.turns.reconfigured(initial.all);
    for (const { policy } of initial.all) parts.store.recordPolicy(policy.hash, policy);
  }

  /** In force now. */
  policy(service: string): ServicePolicy | null {
    return this.#set.compiled.get(service as ServiceName)?.policy ?? null;
  }

  get policies(): readonly ServicePolicy[] {
    return this.#set.all.map(({ policy }) => policy);
  }

  /** All services of one origin, in place of those that it named before. Throws a BallastError where a query cannot be used. */
  replace(origin: Origin, policies: readonly ServicePolicy[]): ServiceChanges {
    const { set, changes } = this.#set.next(origin, policies);
    this.#set = set;
    if (changes.added.length + changes.changed.length + changes.removed.length > 0) this.#apply(changes);
    return changes;
  }

  #apply({ added, changed }: ServiceChanges): void {
    const { evaluator, registry, board, store, turns } = this.parts;
    evaluator.setServices(this.#set.all);
    board.setServices(this.policies);
    registry.setPolicies(this.policies);
    for (const name of [...added, ...changed]) {
      const policy = this.policy(name);
      if (policy) store.recordPolicy(policy.hash, policy);
    }
    turns.reconfigured(this.#set.all);
  }
}
