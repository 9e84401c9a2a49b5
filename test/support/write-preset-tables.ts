/** Brings the tables of docs/presets.md up to date: `node dist/test/support/write-preset-tables.js`, then Prettier. */
import { writeFileSync } from 'node:fs';
import { page, readPage, withTables } from './preset-tables.js';

writeFileSync(page, withTables(readPage()));
