/// <reference path="../.sst/platform/config.d.ts" />

import { clipRecords } from "./clip-records.ts";
import { developersFfmpeg, packFfmpeg } from "./ffmpeg.ts";
import { messaging } from "./messaging.ts";
import { observability } from "./observability.ts";
import { publishOutputs } from "./outputs.ts";
import { ARCHITECTURE, stages } from "./pipeline.ts";
import { profileOf } from "./profile.ts";
import { settingsOf } from "./settings.ts";
import { storage } from "./storage.ts";

/** Everything one stage consists of; returns what `sst` prints and the CLI reads. */
export async function deployStage() {
  const profile = profileOf($app.stage);
  const settings = settingsOf($app.stage, profile, process.env);
  const ffmpeg = $dev ? developersFfmpeg(process.env) : await packFfmpeg(process.env, ARCHITECTURE, $cli.paths);
  const resources = {
    settings,
    records: clipRecords(profile),
    storage: storage(settings, profile),
    messaging: messaging(settings, profile),
  };
  const deployed = stages(resources, profile, ffmpeg);
  if (profile.watched) observability(deployed, resources);
  return publishOutputs(deployed, resources);
}
