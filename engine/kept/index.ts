export { KeptMemory } from './kept.js';
export type { Standing } from './standing.js';
