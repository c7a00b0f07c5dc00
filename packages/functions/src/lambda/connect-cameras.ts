import type { CameraService } from "@camclips/core";
import { createCameraService } from "@camclips/core/camera-service";
import type { Settings } from "@camclips/events";
import { Resource } from "sst";

/** The camera service, for the functions that ask it or tell it. */
export async function connectCameras(
  _: NodeJS.ProcessEnv,
  { CAM_SERVICES_URL: camerasUrl, RECORDINGS_URL: recordingsUrl }: Settings,
): Promise<{ cameras: CameraService }> {
  const links = Resource as unknown as { CameraServiceToken?: { value: string } };
  // `Resource` throws for what is not linked, instead of having nothing.
  const token = ("CameraServiceToken" in links && links.CameraServiceToken?.value) || undefined;
  return { cameras: createCameraService({ camerasUrl, recordingsUrl, token }) };
}
