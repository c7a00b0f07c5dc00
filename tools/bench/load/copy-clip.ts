import { StateFile } from "@camclips/local";

const NUMBERS = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)";

/** What a state holds after many clips: the rows of one clip again and again, under other ids, a second apart. */
export async function copyClip(path: string, clipId: string, times: number): Promise<void> {
  using file = new StateFile(path);
  await file.write(({ run }) => {
    run(
      `${NUMBERS} INSERT INTO entries SELECT 'before-' || n, name, body, holder, lease_until_ms, expires_ms
         FROM numbers, entries WHERE clip_id = ?`,
      times,
      clipId,
    );
    run(
      `${NUMBERS} INSERT INTO statuses SELECT 'before-' || n, state, since_ms - 1000 * n, camera_id, start_ms, end_ms, body, expires_ms
         FROM numbers, statuses WHERE clip_id = ?`,
      times,
      clipId,
    );
    run(
      `${NUMBERS} INSERT INTO notifications (sent_ms, message, attributes) SELECT sent_ms - 1000 * n, message, attributes
         FROM numbers, (SELECT * FROM notifications LIMIT 1)`,
      times,
    );
  });
}
