import type { Labels } from '../../model.js';
import { keyOf, nameLabel, withLabel } from '../promql/labels.js';

/** One series, whichever instances show it: they share this object. */
export interface Series {
  readonly name: string;
  /** Without the name, as on the page. */
  readonly labels: Labels;
  /** With the name: what an instant selector yields. */
  readonly full: Labels;
}

/** Turns what pages say into shared objects; what no window holds any more is forgotten by the garbage collector. */
export class Interning {
  readonly #byLabels = new WeakMap<Labels, Series>();
  readonly #byKey = new Map<string, WeakRef<Series>>();
  readonly #dead = new FinalizationRegistry<string>((key) => {
    if (this.#byKey.get(key)?.deref() === undefined) this.#byKey.delete(key);
  });

  /** Pages read with one filter hand over the same label objects again and again: then no text is built. */
  of(name: string, labels: Labels): Series {
    const quick = this.#byLabels.get(labels);
    if (quick?.name === name) return quick;
    const full = withLabel(labels, nameLabel, name);
    const key = keyOf(full);
    const known = this.#byKey.get(key)?.deref();
    const series = known ?? { name, labels, full };
    if (!known) {
      this.#byKey.set(key, new WeakRef(series));
      this.#dead.register(series, key);
    }
    this.#byLabels.set(labels, series);
    return series;
  }
}

/** Sets of metric names, equal ones shared: most instances of a service have shown the same names. */
export class NameSets {
  readonly #known = new Map<string, ReadonlySet<string>>();

  with(names: ReadonlySet<string>, name: string): ReadonlySet<string> {
    const sorted = [...names, name].sort();
    // Names in quotes may have anything in them.
    const key = JSON.stringify(sorted);
    let set = this.#known.get(key);
    if (!set) this.#known.set(key, (set = new Set(sorted)));
    return set;
  }
}
