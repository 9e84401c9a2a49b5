export { PageFetcher } from './fetch.js';
export { Scraper, type FetchPage, type ScraperCounts, type ScraperOptions } from './scraper.js';
export { parseText, type PageText } from './text.js';
