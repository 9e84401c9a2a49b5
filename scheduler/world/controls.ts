/** What people have said, as it lies in KV, sorted and without what is over. */
import type { Control, Controls } from '../client/index.js';
import type { Mirrored } from './mirror.js';

type OfKind<K extends Control['kind']> = Extract<Control, { kind: K }>;

/** Null: one of them cannot be read, and may be the one that matters. */
export const controlsIn = (entries: Iterable<Mirrored<Control>>, now: number): Controls | null => {
  const found: Control[] = [];
  for (const entry of entries) {
    if (entry.kind === 'bad') return null;
    if (entry.kind === 'value' && isInForce(entry.value, now)) found.push(entry.value);
  }
  const of = <K extends Control['kind']>(kind: K): OfKind<K>[] =>
    found.filter((control): control is OfKind<K> => control.kind === kind);
  return {
    pauses: of('pause'),
    maintenance: of('maintenance'),
    modes: of('mode'),
    drains: of('drain'),
    orders: of('order'),
    approvals: of('approval'),
  };
};

/** Approvals and orders are shown as expired by those who look at them: "too late" is not "never said". A restore is news too. */
const isInForce = (control: Control, now: number): boolean =>
  control.kind === 'approval' ||
  control.kind === 'order' ||
  (control.kind === 'drain' && control.restored !== null) ||
  control.until === null ||
  control.until > now;
