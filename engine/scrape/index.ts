export { checkPage, type CheckedPage } from './check.js';
export type { Labels, Sample } from '../model.js';
export { PageFetcher } from './fetch.js';
export { Scraper, type FetchPage, type ScraperCounts, type ScraperOptions } from './scraper.js';
export { parseText, type PageText } from './text.js';
