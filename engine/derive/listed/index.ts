export { Batch } from './batch.js';
export { seriesOfPages, type ListedPage } from './pages.js';
export { prepareQuery, type Prepared, type PreparedQuery } from './query.js';
export { ListedSource, type ListedSample, type ListedSeries } from './series.js';
export { wireNumber, type Answer, type AnsweredElement } from './wire.js';
