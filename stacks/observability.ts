/// <reference path="../.sst/platform/config.d.ts" />
import { alarms } from "./alarms.ts";
import { dashboard } from "./dashboard.ts";
import type { Resources } from "./grants.ts";
import type { DeployedStage } from "./pipeline.ts";

/** Alarms and the dashboard of a stage that somebody watches. Log retention is set where each function is. */
export function observability(deployed: readonly DeployedStage[], resources: Resources) {
  alarms(deployed, resources);
  dashboard(deployed, resources.place);
}
