export { HistoryStore, type StoreOptions } from './store.js';
export { CHUNK_MS, type Chunk } from './open-chunks.js';
export type { Judged, JudgedMetric, Point, PointMetric, PointStatus } from './point.js';
