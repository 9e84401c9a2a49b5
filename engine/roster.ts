import { Table } from './table.js';

/**
 * Many values by key, immutable, and cheap to change a few of: the keys are shared as long as nobody comes or goes, the
 * values are one flat array. A copy of a Map of ten thousand takes milliseconds, and it is made for every slice; this one
 * microseconds.
 */
export class Roster<K, V> extends Table<K, V> {
  constructor(
    private readonly places: ReadonlyMap<K, number>,
    private readonly list: readonly V[],
  ) {
    super();
  }

  static from<K, V>(entries: ReadonlyMap<K, V> | Roster<K, V>): Roster<K, V> {
    if (isRoster(entries)) return entries;
    const draft = new Draft<K, V>(new Map(), []);
    for (const [key, value] of entries) draft.set(key, value);
    return draft.finish();
  }

  /** A copy to change. */
  edit(): Draft<K, V> {
    return new Draft(this.places, this.list.slice());
  }

  get size(): number {
    return this.list.length;
  }

  get(key: K): V | undefined {
    const place = this.places.get(key);
    return place === undefined ? undefined : this.list[place];
  }

  override has(key: K): boolean {
    return this.places.has(key);
  }

  keys(): MapIterator<K> {
    return this.places.keys();
  }

  override values(): ArrayIterator<V> {
    return this.list.values();
  }
}

const isRoster = <K, V>(entries: ReadonlyMap<K, V> | Roster<K, V>): entries is Roster<K, V> =>
  entries instanceof Roster;

/** One roster on its way to the next. Keys keep the order in which they came. */
export class Draft<K, V> {
  #places: ReadonlyMap<K, number>;
  /** Null: the keys are still those of the roster that it was made of. */
  #own: Map<K, number> | null = null;

  constructor(
    places: ReadonlyMap<K, number>,
    private list: V[],
  ) {
    this.#places = places;
  }

  get(key: K): V | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.list[place];
  }

  set(key: K, value: V): void {
    const place = this.#places.get(key);
    if (place !== undefined) this.list[place] = value;
    else this.#mine().set(key, this.list.push(value) - 1);
  }

  /** Takes everyone of these off who is there. */
  deleteAll(gone: readonly K[]): void {
    if (!gone.some((key) => this.#places.has(key))) return;
    const without = new Set(gone);
    const places = new Map<K, number>();
    const kept: V[] = [];
    for (const [key, place] of this.#places) {
      const value = this.list[place];
      if (value !== undefined && !without.has(key)) places.set(key, kept.push(value) - 1);
    }
    this.#places = this.#own = places;
    this.list = kept;
  }

  /** Replaces each value by what `change` makes of it; the keys of those that are another now. */
  changeAll(change: (value: V) => V): K[] {
    const changed: K[] = [];
    for (const [key, place] of this.#places) {
      const before = this.list[place];
      if (before === undefined) continue;
      const after = change(before);
      if (after === before) continue;
      this.list[place] = after;
      changed.push(key);
    }
    return changed;
  }

  /** The draft must not be used any more. */
  finish(): Roster<K, V> {
    return new Roster(this.#places, this.list);
  }

  #mine(): Map<K, number> {
    if (this.#own === null) this.#places = this.#own = new Map(this.#places);
    return this.#own;
  }
}
