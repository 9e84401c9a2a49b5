export { damp, interrupt, pending, undecided, type Damper } from './hysteresis.js';
export { expireZone, newZone, restartStreak, settleZone, stepZone, type Streak, type ZoneMemory } from './memory.js';
export { zoneOf, type KnownZone } from './zone.js';
