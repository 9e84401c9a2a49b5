export { pending } from './hysteresis.js';
export { expireZone, newZone, restartStreak, stepZone, type Streak, type ZoneMemory } from './memory.js';
export { zoneOf, type KnownZone } from './zone.js';
