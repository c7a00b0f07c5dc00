/** Everything that the runtime keeps, media aside. Times are epoch milliseconds; bodies are JSON, or a caller's text. */
export const SCHEMA = `
-- The runtime that works on this file: one at a time.
CREATE TABLE IF NOT EXISTS owner (process TEXT NOT NULL);

-- Clips' records (packages/core/src/clip-records.ts). An entry without a body is a lease alone.
CREATE TABLE IF NOT EXISTS entries (
  clip_id TEXT NOT NULL, name TEXT NOT NULL,
  body TEXT,
  holder TEXT, lease_until_ms INTEGER,
  expires_ms INTEGER NOT NULL,
  PRIMARY KEY (clip_id, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS statuses (
  clip_id TEXT PRIMARY KEY,
  state TEXT NOT NULL, since_ms INTEGER NOT NULL,
  camera_id TEXT, start_ms INTEGER, end_ms INTEGER,
  body TEXT NOT NULL,
  expires_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS statuses_by_state ON statuses (state, since_ms);
CREATE INDEX IF NOT EXISTS statuses_by_time ON statuses (since_ms, clip_id);
CREATE INDEX IF NOT EXISTS statuses_by_camera ON statuses (camera_id, start_ms);

-- Groups that were taken up; each has its entry among the others, too.
CREATE TABLE IF NOT EXISTS group_claims (
  group_id TEXT PRIMARY KEY, since_ms INTEGER NOT NULL, body TEXT NOT NULL, expires_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS group_claims_by_time ON group_claims (since_ms, group_id);

-- In the order of sending; receives counts deliveries so far.
CREATE TABLE IF NOT EXISTS messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  queue TEXT NOT NULL, body TEXT NOT NULL, sent_ms INTEGER NOT NULL, receives INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS schedules (
  name TEXT PRIMARY KEY,
  at_ms INTEGER NOT NULL, queue TEXT NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS dead_letters (
  id INTEGER PRIMARY KEY,
  queue TEXT NOT NULL, body TEXT NOT NULL, sent_ms INTEGER NOT NULL, receives INTEGER NOT NULL, error TEXT NOT NULL
);

-- What callers of the service asked for, and under which key of theirs.
CREATE TABLE IF NOT EXISTS requests (
  clip_id TEXT PRIMARY KEY, request_key TEXT NOT NULL, idempotency_key TEXT UNIQUE,
  title TEXT, body TEXT NOT NULL, sent_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- The groups among them.
CREATE TABLE IF NOT EXISTS groups (
  group_id TEXT PRIMARY KEY, group_key TEXT NOT NULL, idempotency_key TEXT UNIQUE,
  body TEXT NOT NULL, sent_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- What pipelines elsewhere told this machine, as their camera service, about their clips.
CREATE TABLE IF NOT EXISTS told (clip_id TEXT PRIMARY KEY, body TEXT NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;

-- Files that cameras recorded, by their folder and name. start_ms by the name; end_ms by the file's index where sure, else a guess.
-- state: new (not looked into), growing, closed, damaged (reason), vanished.
CREATE TABLE IF NOT EXISTS recordings (
  id INTEGER PRIMARY KEY,
  folder TEXT NOT NULL, name TEXT NOT NULL,
  camera TEXT NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, sure INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL, reason TEXT,
  bytes INTEGER NOT NULL, written_ms INTEGER NOT NULL,
  format TEXT, width INTEGER, height INTEGER, fps REAL,
  UNIQUE (folder, name)
);
CREATE INDEX IF NOT EXISTS recordings_by_time ON recordings (camera, start_ms, end_ms, state, sure);
CREATE INDEX IF NOT EXISTS recordings_by_state ON recordings (state, start_ms);

-- What the topic's subscribers would get.
CREATE TABLE IF NOT EXISTS notifications (
  id INTEGER PRIMARY KEY,
  sent_ms INTEGER NOT NULL, message TEXT NOT NULL, attributes TEXT NOT NULL
);
`;
