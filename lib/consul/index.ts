export { createConsul, type ConsulParts } from './client.js';
export { isAddress, parseHealth, type DroppedEntry, type HealthEntry, type HealthList } from './catalog.js';
export { newShrink, stepShrink, type PendingShrink, type ShrinkMemory, type ShrinkPolicy } from './shrink.js';
export type * from './types.js';
export type { WatchEvent } from './watch.js';
