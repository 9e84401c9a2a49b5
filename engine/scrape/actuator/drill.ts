/** Asks for a meter, and where queries look at labels, for its parts: a page for each value of a tag, within each before it. */
import type { SeriesFilter } from '../../model.js';
import { labelOf } from './naming.js';
import type { Meter } from './wire.js';

export interface Tag {
  readonly tag: string;
  readonly value: string;
}

/** Brings a meter, or the part with these tags; throws a {@link DrillError}. */
export type AskMeter = (name: string, tags: readonly Tag[]) => Promise<Meter>;

/** A part of a meter: all of it with these labels. */
export interface Part {
  readonly labels: Readonly<Record<string, string>>;
  readonly meter: Meter;
}

interface Branch {
  readonly tag: string;
  readonly values: readonly string[];
}

/** The tags to go down by, the one with the fewest values first: what comes after is narrowed by it. */
const branchOf = (
  meter: Meter,
  names: readonly string[],
  taken: ReadonlySet<string>,
  filter: SeriesFilter,
): Branch | null => {
  let best: Branch | null = null;
  for (const { tag, values } of meter.availableTags) {
    const label = labelOf(tag);
    if (taken.has(tag) || !names.some((name) => filter.looksAt?.(name, label))) continue;
    const wanted = values.filter((value) => names.some((name) => filter.mayWant?.(name, label, value)));
    if (best === null || values.length < best.values.length) best = { tag, values: wanted };
  }
  return best;
};

/** All parts of a meter that some query of these names may want, told apart by the labels that those queries look at. */
export const drill = async (
  ask: AskMeter,
  meterName: string,
  names: readonly string[],
  filter: SeriesFilter,
): Promise<readonly Part[]> => {
  const parts: Part[] = [];
  const down = async (meter: Meter, tags: readonly Tag[]): Promise<void> => {
    const branch = branchOf(meter, names, new Set(tags.map(({ tag }) => tag)), filter);
    if (branch === null) {
      const labels = Object.fromEntries(tags.map(({ tag, value }) => [labelOf(tag), value]));
      parts.push({ labels, meter });
      return;
    }
    const { tag, values } = branch;
    const all = meter.availableTags.find((each) => each.tag === tag)?.values ?? [];
    for (const value of values) {
      const narrower = [...tags, { tag, value }];
      // The only value there is: what was asked already is the answer.
      await down(all.length === 1 ? meter : await ask(meterName, narrower), narrower);
    }
  };
  await down(await ask(meterName, []), []);
  return parts;
};
