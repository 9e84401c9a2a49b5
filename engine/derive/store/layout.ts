import type { Selector } from '../promql/selector.js';
import type { Series } from './interning.js';
import { isWide, narrowSlot, type Slot } from './cells.js';
import { isSelected } from './selected.js';

/**
 * Which series stands at which place of a block. Instances of a service list the same series in the same order, so their
 * blocks share one layout, and what was found out about it once (the places that a selector selects) holds for all of them.
 * Grows by one series at a time, each layout leading to the next; layouts that no block uses any more are collected.
 */
export class Layout {
  static readonly empty = new Layout(null, null, 0, 0, 0);

  #list: readonly Series[] | null = null;
  #slots: readonly Slot[] | null = null;
  #places: Map<Series, number> | null = null;
  #selected: WeakMap<Selector, readonly number[]> | null = null;
  /** By the series that comes next, narrow or wide. */
  #next: WeakMap<Series, WeakRef<Layout>> | null = null;
  #nextWide: WeakMap<Series, WeakRef<Layout>> | null = null;

  private constructor(
    readonly before: Layout | null,
    readonly last: Series | null,
    readonly width: number,
    /** How many of them are wide. */
    readonly wides: number,
    readonly lastSlot: Slot,
  ) {}

  static of(all: Iterable<Series>): Layout {
    let layout = Layout.empty;
    for (const series of all) layout = layout.with(series);
    return layout;
  }

  /** By place. */
  get list(): readonly Series[] {
    return (this.#list ??= walk(this, ({ last }) => last).filter((series) => series !== null));
  }

  /** -1: it is not here. */
  placeOf(series: Series): number {
    this.#places ??= new Map(this.list.map((each, place) => [each, place]));
    return this.#places.get(series) ?? -1;
  }

  /** Where the numbers of a place stand. */
  slotOf(place: number): Slot {
    this.#slots ??= walk(this, (at) => at.lastSlot);
    return this.#slots[place] ?? 0;
  }

  /** The layout with one more series at the end. */
  with(series: Series): Layout {
    const wide = isWide(series);
    const known = (wide ? this.#nextWide : this.#next)?.get(series)?.deref();
    if (known) return known;
    const slot = wide ? this.wides : narrowSlot(this.width - this.wides);
    const next = new Layout(this, series, this.width + 1, this.wides + (wide ? 1 : 0), slot);
    // Handed on, as only the longest layout of a chain is asked: else n series would cost n maps.
    if (this.#places !== null) next.#places = this.#places.set(series, this.width);
    this.#places = null;
    if (wide) (this.#nextWide ??= new WeakMap()).set(series, new WeakRef(next));
    else (this.#next ??= new WeakMap()).set(series, new WeakRef(next));
    return next;
  }

  /** Whether `with` led on from here before: then the series is not among those here. */
  leadsTo(series: Series): boolean {
    return (this.#next?.get(series) ?? this.#nextWide?.get(series))?.deref() !== undefined;
  }

  /** Places of the series that a selector selects. */
  placesOf(selector: Selector): readonly number[] {
    this.#selected ??= new WeakMap();
    let places = this.#selected.get(selector);
    if (!places) {
      places = this.list.flatMap((series, place) => (isSelected(selector, series) ? [place] : []));
      this.#selected.set(selector, places);
    }
    return places;
  }
}

/** What there is to say of each, by place. */
const walk = <T>(layout: Layout, valueOf: (at: Layout) => T): readonly T[] => {
  const all: T[] = [];
  for (let at: Layout | null = layout; at !== null && at.last !== null; at = at.before) all.push(valueOf(at));
  return all.reverse();
};
