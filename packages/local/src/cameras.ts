import { type CameraService, type Footage, type ListedRecording, UnknownCameraError } from "@camclips/core";

export interface LocalCamera {
  alias: string;
  /** Read at every request, so recordings may come and go. A recordingUrl ends with its key. */
  recordings(): readonly Footage[] | Promise<readonly Footage[]>;
}

/** A camera service (contract, section 2) in the same process. Nobody is told what became of a clip: its metadata says it. */
export function createLocalCameras(cameras: ReadonlyMap<string, LocalCamera>): CameraService {
  return {
    async alias(cameraId) {
      const camera = cameras.get(cameraId);
      if (!camera) throw new UnknownCameraError(`there is no camera ${cameraId}`);
      return camera.alias;
    },
    async recordings(alias, startMs, endMs) {
      const camera = [...cameras.values()].find((one) => one.alias === alias);
      return camera ? listRecordings(camera, startMs, endMs) : [];
    },
    async putClip() {},
  };
}

/** Newest first, everything that overlaps the range. */
export async function listRecordings(
  { alias, recordings }: LocalCamera,
  start: number,
  end: number,
): Promise<(ListedRecording & Record<string, string>)[]> {
  const overlapping = [...(await recordings())].filter(({ startMs, endMs }) => startMs < end && endMs > start);
  overlapping.sort((a, b) => b.startMs - a.startMs);
  const urlOf = (key: string) =>
    `https://recordings.invalid/${[alias, ...key.split("/")].map(encodeURIComponent).join("/")}`;
  return overlapping.map(({ key, startMs, endMs, initKey }) => ({
    startDate: new Date(startMs).toISOString(),
    endDate: new Date(endMs).toISOString(),
    alias,
    recordingUrl: urlOf(key),
    ...(initKey !== undefined && { initUrl: urlOf(initKey) }),
    thumbLargeUrl: "",
    thumbSmallUrl: "",
  }));
}
