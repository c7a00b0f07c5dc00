import { type CameraService, UnknownCameraError } from "@camclips/core";
import type { RecordingsIndex } from "./recordings-index.ts";

/** The cameras whose recordings lie on this machine, as the pipeline asks for them. Nobody has to be told about clips. */
export function indexedCameras(index: RecordingsIndex, isListed: (camera: string) => boolean): CameraService {
  return {
    async alias(cameraId) {
      if (isListed(cameraId) || index.hasCamera(cameraId)) return cameraId;
      throw new UnknownCameraError(`there are no recordings of a camera ${cameraId}`);
    },
    recordings: (alias, startMs, endMs) => index.listed(alias, startMs, endMs),
    async putClip() {},
  };
}
