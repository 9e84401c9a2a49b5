/** What a step makes of kept memories: they stay as they are until somebody keeps it. */
import type { InstanceId, MetricName } from '../../config/index.js';
import { isPeer } from '../describe.js';
import type { Edit, InstanceMemory, Memories } from '../memory.js';
import type { Results } from '../score/index.js';
import { Table } from '../table.js';
import type { KeptMemory } from './kept.js';

/** Kept memories, with some of them replaced, taken away, or added. */
export class Changed extends Table<InstanceId, InstanceMemory> implements Memories {
  constructor(
    readonly kept: KeptMemory,
    readonly changes: ReadonlyMap<InstanceId, InstanceMemory>,
    readonly gone: ReadonlySet<InstanceId>,
  ) {
    super();
  }

  get(id: InstanceId): InstanceMemory | undefined {
    return this.changes.get(id) ?? (this.gone.has(id) ? undefined : this.kept.get(id));
  }

  /** Whoever is gone and came again stands among the new ones, at the end. */
  *keys(): Generator<InstanceId, undefined> {
    for (const id of this.kept.keys()) if (!this.gone.has(id)) yield id;
    for (const id of this.changes.keys()) if (this.gone.has(id) || !this.kept.has(id)) yield id;
  }

  get size(): number {
    let added = 0;
    for (const id of this.changes.keys()) if (this.gone.has(id) || !this.kept.has(id)) added += 1;
    return this.kept.size - this.gone.size + added;
  }

  results(): Results {
    const isOld = (id: InstanceId): boolean => !this.changes.has(id) && !this.gone.has(id);
    const old = this.kept.resultsOf(isOld);
    const fresh = [...this.changes.values()].flatMap((memory) => (isPeer(memory) && memory.last ? [memory.last] : []));
    const penaltyOf = (name: MetricName) =>
      fresh.map(({ assessment }) => assessment.judgements.find((judgement) => judgement.name === name)?.penalty);
    return {
      scores: () => [...old.scores(), ...fresh.map(({ assessment }) => assessment.score)],
      penalties: (name) => [...old.penalties(name), ...penaltyOf(name)],
    };
  }
}

export class Draft implements Edit {
  readonly #changes = new Map<InstanceId, InstanceMemory>();
  readonly #gone = new Set<InstanceId>();

  constructor(private readonly kept: KeptMemory) {}

  get(id: InstanceId): InstanceMemory | undefined {
    return this.#changes.get(id) ?? (this.#gone.has(id) ? undefined : this.kept.get(id));
  }

  set(id: InstanceId, memory: InstanceMemory): void {
    this.#changes.set(id, memory);
  }

  deleteAll(gone: readonly InstanceId[]): void {
    for (const id of gone) {
      this.#changes.delete(id);
      if (this.kept.has(id)) this.#gone.add(id);
    }
  }

  changeAll(change: (memory: InstanceMemory) => InstanceMemory, before: number): void {
    const changed = new Map<InstanceId, InstanceMemory>();
    for (const [id, memory] of this.#changes) changed.set(id, change(memory));
    for (const id of this.kept.silentSince(before)) {
      const memory = this.#gone.has(id) || changed.has(id) ? undefined : this.kept.get(id);
      const after = memory && change(memory);
      if (after !== undefined && after !== memory) changed.set(id, after);
    }
    for (const [id, memory] of changed) this.#changes.set(id, memory);
  }

  finish(): Changed {
    return new Changed(this.kept, this.#changes, this.#gone);
  }
}
