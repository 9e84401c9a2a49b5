export { InstanceWindow, SeriesStore } from './store.js';
export { Retention, type Need } from './retention.js';
