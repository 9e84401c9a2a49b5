export { HistoryStore, type StoreOptions } from './store.js';
export type { HistoryLimits } from './upkeep.js';
export type { History, HistoryRange, Moment } from './history.js';
export { stepFor, type Part, type Resolution } from './range.js';
export type { Aggregate, MetricSpread, Spread } from './spread.js';
export { CHUNK_MS, type Chunk } from './open-chunks.js';
export type { Judged, JudgedMetric, Point, PointMetric, PointStatus } from './point.js';
export { HistoryReader, type RecordedPolicy, type Stretch } from './history-reader.js';
export {
  statusCode,
  upCode,
  upWords,
  zoneCode,
  zoneWords,
  type MetricColumns,
  type PointColumns,
} from './point-columns.js';
