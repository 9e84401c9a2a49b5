/** Words and flags as one whole number, so that they stand among the numbers. */
import { absenceSchema, type Zone } from '../client/index.js';
import type { Judgement } from '../model.js';

const zones = ['green', 'yellow', 'red', 'unknown'] as const satisfies readonly Zone[];
const statuses = ['judged', 'held', 'absent'] as const satisfies readonly Judgement['status'][];
const absences = absenceSchema.options;

export interface InstanceState {
  readonly zone: Zone;
  /** Of the run of evaluations with the same own zone. */
  readonly streak: Zone;
  /** Raw scores that smoothing looks back to. */
  readonly raws: number;
  readonly blackout: boolean;
  readonly stale: boolean;
  readonly down: boolean;
  /** Its metrics are remembered, not only judged. */
  readonly remembers: boolean;
}

const stale = 1 << 7;
const blackout = 1 << 6;

export const codeOf = (state: InstanceState): number =>
  zones.indexOf(state.zone) |
  (zones.indexOf(state.streak) << 2) |
  (state.raws << 4) |
  (state.blackout ? blackout : 0) |
  (state.stale ? stale : 0) |
  (state.down ? 1 << 8 : 0) |
  (state.remembers ? 1 << 9 : 0);

export const zoneIn = (code: number): Zone => zones[code & 3] ?? 'unknown';
export const streakIn = (code: number): Zone => zones[(code >> 2) & 3] ?? 'unknown';
export const rawsIn = (code: number): number => (code >> 4) & 3;
export const isBlackout = (code: number): boolean => (code & blackout) !== 0;
export const isStale = (code: number): boolean => (code & stale) !== 0;
export const isDown = (code: number): boolean => (code & (1 << 8)) !== 0;
export const remembers = (code: number): boolean => (code & (1 << 9)) !== 0;
/** Its result stands for it at present. */
export const speaks = (code: number): boolean => (code & (blackout | stale)) === 0;

/** Of one metric: how it was judged, and what is remembered of it. `samples`: of a gauge, 0 to 3. */
export const metricCodeOf = (
  { status, absence, moving }: Judgement,
  samples: number,
  hasBurst: boolean,
  hasHeld: boolean,
): number =>
  statuses.indexOf(status) |
  (moving ? 1 << 2 : 0) |
  (samples << 3) |
  (hasBurst ? 1 << 5 : 0) |
  (hasHeld ? 1 << 6 : 0) |
  (absence === null ? 0 : (absences.indexOf(absence) + 1) << 7);

export const statusIn = (code: number): Judgement['status'] => statuses[code & 3] ?? 'absent';
export const movesIn = (code: number): boolean => (code & (1 << 2)) !== 0;
export const samplesIn = (code: number): number => (code >> 3) & 3;
export const hasBurst = (code: number): boolean => (code & (1 << 5)) !== 0;
export const hasHeld = (code: number): boolean => (code & (1 << 6)) !== 0;
export const absenceIn = (code: number): Judgement['absence'] => absences[(code >> 7) - 1] ?? null;
