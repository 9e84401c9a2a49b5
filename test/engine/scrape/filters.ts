import type { Labels, SeriesFilter } from '../../../engine/model.js';

/** Wants these names, whatever their labels, unless `wants` says otherwise. */
export const wanting = (names: readonly string[], wants?: (name: string, labels: Labels) => boolean): SeriesFilter => ({
  names: new Set(names),
  open: false,
  wants: wants ?? ((name) => names.includes(name)),
});

export const wantingAll: SeriesFilter = { names: new Set(), open: true, wants: () => true };
