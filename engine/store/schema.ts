/**
 * Tables of the history file. `log` is what the open chunks hold, so that a crash loses only what was not flushed yet;
 * its rows go once their chunk is sealed. Append only: what is here was written to disks.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE policies (hash TEXT PRIMARY KEY, since INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE layouts (id INTEGER PRIMARY KEY, policy TEXT NOT NULL, metrics TEXT NOT NULL, UNIQUE (policy, metrics));
  CREATE TABLE series (id INTEGER PRIMARY KEY, service TEXT NOT NULL, instance TEXT NOT NULL, UNIQUE (service, instance));
  CREATE TABLE chunks (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
    layout INTEGER NOT NULL, body BLOB NOT NULL
  );
  CREATE INDEX chunks_by_series ON chunks (series, start, end);
  CREATE TABLE log (
    at INTEGER NOT NULL, series INTEGER NOT NULL, layout INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (at, series)
  ) WITHOUT ROWID;
  CREATE TABLE memory (service TEXT PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
  `,
  // A row of `minutes` is an instance's hour, one of `hours` its day (UTC); `progress` says until when all are there.
  `
  CREATE TABLE minutes (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, start INTEGER NOT NULL, layout INTEGER NOT NULL, body BLOB NOT NULL,
    UNIQUE (series, start, layout)
  );
  CREATE TABLE hours (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, start INTEGER NOT NULL, layout INTEGER NOT NULL, body BLOB NOT NULL,
    UNIQUE (series, start, layout)
  );
  CREATE TABLE progress (tier TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
  `,
  // `last`: time of the newest row that names it, or up to a day older. A large memory is in parts (MemoryTable).
  `
  ALTER TABLE series ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE layouts ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
  UPDATE series SET last = CAST(strftime('%s', 'now') AS INTEGER) * 1000;
  UPDATE layouts SET last = CAST(strftime('%s', 'now') AS INTEGER) * 1000;
  CREATE TABLE memory_parts (
    id INTEGER PRIMARY KEY, service TEXT NOT NULL, at INTEGER NOT NULL, part INTEGER NOT NULL, body BLOB NOT NULL,
    UNIQUE (service, at, part)
  );
  `,
];
