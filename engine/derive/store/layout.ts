import type { Selector } from '../promql/selector.js';
import type { Series } from './interning.js';
import { isSelected } from './selected.js';

/**
 * Which series stands at which place of a block. Instances of a service list the same series in the same order, so their
 * blocks share one layout, and what was found out about it once (the places that a selector selects) holds for all of them.
 * Grows by one series at a time, each layout leading to the next; layouts that no block uses any more are collected.
 */
export class Layout {
  static readonly empty = new Layout(null, null, 0);

  #list: readonly Series[] | null = null;
  #places: Map<Series, number> | null = null;
  #selected: WeakMap<Selector, readonly number[]> | null = null;
  #next: WeakMap<Series, WeakRef<Layout>> | null = null;

  private constructor(
    readonly before: Layout | null,
    readonly last: Series | null,
    readonly width: number,
  ) {}

  /** By place. */
  get list(): readonly Series[] {
    return (this.#list ??= this.#walk());
  }

  /** -1: it is not here. */
  placeOf(series: Series): number {
    this.#places ??= new Map(this.list.map((each, place) => [each, place]));
    return this.#places.get(series) ?? -1;
  }

  /** The layout with one more series at the end. */
  with(series: Series): Layout {
    const known = this.#next?.get(series)?.deref();
    if (known) return known;
    const next = new Layout(this, series, this.width + 1);
    // Handed on, as only the longest layout of a chain is asked: else n series would cost n maps.
    if (this.#places !== null) next.#places = this.#places.set(series, this.width);
    this.#places = null;
    this.#next ??= new WeakMap();
    this.#next.set(series, new WeakRef(next));
    return next;
  }

  /** Whether `with` led on from here before: then the series is not among those here. */
  leadsTo(series: Series): boolean {
    return this.#next?.get(series)?.deref() !== undefined;
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

  #walk(): readonly Series[] {
    if (this.last === null) return [];
    const list = new Array<Series>(this.width);
    list[this.width - 1] = this.last;
    for (let at = this.before; at?.last; at = at.before) list[at.width - 1] = at.last;
    return list;
  }
}
