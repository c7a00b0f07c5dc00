/// <reference path="../.sst/platform/config.d.ts" />
import { derivedId, SettingsError } from "@camclips/events";
import { codeVersion } from "@camclips/media/code-version";
import { checkBrought } from "./brought/check.ts";
import { lookUpsIn } from "./brought/look-ups.ts";
import { clipRecords } from "./clip-records.ts";
import { delivery } from "./delivery.ts";
import { developersFfmpeg, type PackedFfmpeg, packFfmpeg } from "./ffmpeg.ts";
import { messaging } from "./messaging.ts";
import { observability } from "./observability.ts";
import { publishOutputs } from "./outputs.ts";
import { stages } from "./pipeline.ts";
import { deploymentPlace, type Place } from "./place.ts";
import { profileOf } from "./profile.ts";
import { type StageSettings, settingsOf } from "./settings.ts";
import { storage } from "./storage.ts";

/** Everything one stage consists of; returns what `sst` prints and the CLI reads. */
export async function deployStage() {
  const profile = profileOf($app.stage);
  const settings = settingsOf($app.stage, profile, process.env);
  const place = await deploymentPlace();
  await lookAtBrought(settings, place);
  const { LAMBDA_ARCHITECTURE: asked } = settings;
  const ffmpeg = await ($dev ? developersFfmpeg(process.env, asked) : packFfmpeg(process.env, asked, $cli.paths));
  const stored = storage(settings, profile, place);
  const resources = {
    settings,
    engine: await engineOf(settings, ffmpeg),
    place,
    records: clipRecords(profile),
    storage: stored,
    ...delivery(settings, stored.destination, place),
    messaging: messaging(settings, profile, place),
  };
  const deployed = stages(resources, profile, ffmpeg);
  if (profile.watched) observability(deployed, resources);
  return publishOutputs(deployed, resources);
}

/** Names what makes clips in this deployment, where they may be copied. */
async function engineOf({ REUSE }: StageSettings, ffmpeg: PackedFfmpeg): Promise<string | undefined> {
  if (REUSE !== "on") return undefined;
  const code = await codeVersion($cli.paths.root);
  return code && derivedId(code, JSON.stringify(ffmpeg));
}

/** @throws SettingsError that lists everything that would not work. */
async function lookAtBrought(settings: StageSettings, place: Place): Promise<void> {
  const { problems, warnings } = await checkBrought(settings, place, lookUpsIn(place.region, process.env));
  for (const line of warnings) console.warn(`WARNING: ${line}`);
  if (problems.length > 0) throw new SettingsError(problems);
}
