export { createConsul, type ConsulParts } from './client.js';
export {
  checkStatuses,
  datacenterName,
  isAddress,
  parseHealth,
  type DroppedEntry,
  type HealthCheck,
  type HealthEntry,
  type HealthList,
} from './catalog.js';
export {
  newShrink,
  stepShrink,
  type PendingShrink,
  type ShrinkMemory,
  type ShrinkPolicy,
  type ShrinkStep,
} from './shrink.js';
export { uniqueIds } from './ids.js';
export { createLock, type Lock, type LockOptions, type LockState } from './lock.js';
export type * from './types.js';
export type { WatchEvent } from './watch.js';
export type { CatalogService } from './services.js';
