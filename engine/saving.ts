import type { ServiceName } from '../config/index.js';
import { dehydrateSlowly } from './hydrate.js';
import type { ServiceState } from './service-state.js';
import type { HistoryStore } from './store/index.js';

/** What an instance's history may lag behind where no zone changed: only streaks and smoothing would go back. */
const ROUTINE_SAVE_MS = 30_000;
/** Of a service with no more instances a change of zones is saved before anybody is told of it. */
const AT_ONCE = 200;

type States = ReadonlyMap<ServiceName, ServiceState>;

/** Hands what must outlive this process to the store. */
export class Saving {
  constructor(
    private readonly states: States,
    private readonly store: Pick<HistoryStore, 'rememberTexts'>,
  ) {}

  /** Soon where a zone changed, else now and then. Pauses in between, where others may go first. */
  *all(now: number, everything: boolean): Generator<undefined> {
    for (const state of [...this.states.values()])
      if (everything || state.changed || now - state.savedAt >= ROUTINE_SAVE_MS) yield* this.one(state, now);
  }

  /**
   * At once what somebody is about to be told: a red that a crash forgets would be a green window. A large service waits
   * for the next {@link all}, and one that is evaluated in several slices for its last. True: something was.
   */
  changes(now: number): boolean {
    const due = [...this.states.values()].filter(
      ({ changed, waiting, memory }) => changed && waiting === 0 && memory.instances.size <= AT_ONCE,
    );
    for (const state of due) finish(this.one(state, now));
    return due.length > 0;
  }

  *one(state: ServiceState, now: number): Generator<undefined> {
    if (state.memory.instances.size === 0) return;
    const { name } = state;
    state.savedAt = now;
    state.changed = false;
    const texts = yield* dehydrateSlowly(state.memory);
    // Taken away meanwhile: what was saved then is newer.
    if (this.states.get(name) === state) this.store.rememberTexts(name, texts);
  }
}

/** Without a pause. */
export const finish = (work: Generator<undefined>): void => {
  while (work.next().done !== true);
};
