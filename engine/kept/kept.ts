import type { InstanceId, ServicePolicy } from '../../config/index.js';
import type { Edit, InstanceMemory, Memories } from '../memory.js';
import type { Results } from '../score/index.js';
import { Table } from '../table.js';
import { Changed, Draft } from './draft.js';
import { layoutOf } from './layout.js';
import { Places } from './place.js';
import { Standing } from './standing.js';

const everyone = (): boolean => true;

/**
 * The memories of a service's instances, kept as numbers between two evaluations: as objects they would be some thirty for
 * each instance, made anew in every round, moved to the old heap, and left there as holes. To be read it is a Map like any
 * other, whose values are made when they are asked for. A step leaves it as it is; {@link keep} takes in what came of it.
 */
export class KeptMemory extends Table<InstanceId, InstanceMemory> implements Memories {
  readonly #standings = new Map<InstanceId, Standing>();
  #places: Places;

  constructor(policy: ServicePolicy, memories: ReadonlyMap<InstanceId, InstanceMemory>) {
    super();
    this.#places = new Places(layoutOf(policy));
    for (const [id, memory] of memories) this.#of(id).adopt(memory, this.#places);
  }

  get size(): number {
    return this.#standings.size;
  }

  /** Its assessment's judgements can be read until the next one of this instance is kept. */
  get(id: InstanceId): InstanceMemory | undefined {
    return this.#standings.get(id)?.memory;
  }

  override has(id: InstanceId): boolean {
    return this.#standings.has(id);
  }

  keys(): MapIterator<InstanceId> {
    return this.#standings.keys();
  }

  edit(): Edit {
    return new Draft(this);
  }

  /** What is shown of an instance; the same object as long as it is there. */
  standing(id: InstanceId): Standing | undefined {
    return this.#standings.get(id);
  }

  /** Takes in what a step made of this. */
  keep(after: Memories): void {
    if (!(after instanceof Changed) || after.kept !== this) throw new Error('only what was made of it can be kept');
    for (const id of after.gone) this.#take(id);
    for (const [id, memory] of after.changes) this.#of(id).keep(memory, this.#places);
  }

  /** Goes on under another policy, with what is still to be remembered; what is shown stays until the next evaluation. */
  adopt(policy: ServicePolicy, memories: ReadonlyMap<InstanceId, InstanceMemory>): void {
    const all = [...memories];
    this.#places = new Places(layoutOf(policy));
    for (const [id, memory] of all) this.#of(id).adopt(memory, this.#places);
  }

  /** Those who were evaluated before then and did not expire yet. */
  *silentSince(before: number): Generator<InstanceId, undefined> {
    for (const [id, standing] of this.#standings) if (standing.at < before && !standing.stale) yield id;
  }

  results(): Results {
    return this.resultsOf(everyone);
  }

  /** Of those that `isAsked` says yes of. */
  resultsOf(isAsked: (id: InstanceId) => boolean): Results {
    const read = <T>(valueOf: (standing: Standing) => T): T[] => {
      const values: T[] = [];
      for (const [id, standing] of this.#standings) if (isAsked(id)) values.push(valueOf(standing));
      return values;
    };
    return {
      scores: () => read(({ result }) => result),
      penalties: (name) => read((standing) => standing.penaltyOf(name)),
    };
  }

  #of(id: InstanceId): Standing {
    let standing = this.#standings.get(id);
    if (!standing) this.#standings.set(id, (standing = new Standing()));
    return standing;
  }

  #take(id: InstanceId): void {
    this.#standings.get(id)?.leave(this.#places);
    this.#standings.delete(id);
  }
}
