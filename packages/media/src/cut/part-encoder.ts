import { freeHevcIds, onlyDescription, readPpsIds, readSps, type Track } from "@camclips/mp4";
import type { AvcPartEncoder, PartEncoder } from "./cut-plan.ts";

const PROFILES: Record<number, AvcPartEncoder["profile"]> = { 66: "baseline", 77: "main", 100: "high" };
/** seq_parameter_set_id is 0 to 31, ITU-T H.264, 7.4.2.1.1; x264 gives the picture parameter set the same id. */
const IDS = Array.from({ length: 32 }, (_, id) => id);
/** pic_parameter_set_id is 0 to 255, 7.4.2.2. */
const PICTURE_IDS = Array.from({ length: 256 }, (_, id) => id);

/** Settings under which x264 or x265 makes frames that fit beside the samples of `track`; `undefined` when all ids are taken. */
export function partEncoder(track: Track): PartEncoder | undefined {
  const { avc, hevc } = onlyDescription(track)?.video ?? {};
  const ids = hevc && freeHevcIds(hevc);
  if (ids) return { codec: "hevc", ids };
  if (!avc) return undefined;
  const used = new Set([...avc.sps.map((nal) => readSps(nal).id), ...avc.pps.map((nal) => readPpsIds(nal).id)]);
  const spsId = IDS.find((id) => !used.has(id));
  const entryPpsId = PICTURE_IDS.find((id) => id !== spsId && !used.has(id));
  if (spsId === undefined || entryPpsId === undefined) return undefined;
  return { codec: "h264", profile: PROFILES[avc.profile] ?? "high", spsId, entryPpsId };
}
