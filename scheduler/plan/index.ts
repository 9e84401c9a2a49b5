export { planFor } from './plan-for.js';
export { planService, type Planned } from './service.js';
export type { Seat } from './seats.js';
export { planText } from './text.js';
