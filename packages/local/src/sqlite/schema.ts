/** Everything that the runtime keeps, media aside. Times are epoch milliseconds, bodies are JSON or a caller's text. */
export const SCHEMA = `
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
CREATE INDEX IF NOT EXISTS statuses_by_camera ON statuses (camera_id, start_ms);
`;
