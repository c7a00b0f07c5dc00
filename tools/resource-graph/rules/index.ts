import type { Graph } from "../graph/graph.ts";
import * as events from "./events.ts";
import * as functions from "./functions.ts";
import * as observability from "./observability.ts";
import * as permissions from "./permissions.ts";
import * as queues from "./queues.ts";
import * as records from "./records.ts";
import * as regions from "./regions.ts";
import type { GraphRule } from "./rule.ts";
import * as schedules from "./schedules.ts";
import * as storage from "./storage.ts";

/** Everything that must hold for the graph of any stage. */
export const graphRules = {
  "every event reaches the stages that the table names": events.eventsReachTheirStages,
  "every rule names its events": events.rulesNameTheirEvents,
  "new recordings wake clips where that is on": events.newRecordingsWakeClips,
  "every rule target has a dead-letter queue": events.targetsHaveDeadLetterQueues,
  "the archive keeps no reruns": events.archiveIgnoresReruns,
  "every queue has a dead-letter queue": queues.queuesHaveDeadLetterQueues,
  "every queue hides a message for six function time-outs": queues.queuesOutwaitTheirFunctions,
  "every queue is encrypted, TLS only and open to its rule alone": queues.queuesAreClosed,
  "every queue admits its rule": queues.rulesMaySend,
  "no queue is an orphan": queues.noQueueIsOrphaned,
  "functions have the size that the table says": functions.functionsFollowTheTable,
  "functions run on one architecture": functions.functionsRunOnOneArchitecture,
  "records fail one by one, within the row's concurrency": functions.mappingsFollowTheTable,
  "logs are kept for a limited time": functions.logsAreKeptForAWhile,
  "only the render functions carry ffmpeg": functions.onlyRenderersCarryFfmpeg,
  "functions get their settings": functions.functionsGetTheirSettings,
  "every wildcard in a policy has a reason": permissions.wildcardsHaveReasons,
  "every role trusts one service": permissions.rolesTrustOneService,
  "functions may do what their row says, and nothing else": permissions.functionsMayDoWhatTheirRowSays,
  "records can be asked for by state, and by camera and range": records.recordsCanBeAsked,
  "records are on demand, expire, have backups and are encrypted": records.recordsAreKeptSafely,
  "records outlive whatever can be replayed or redriven": records.recordsOutliveReplays,
  "buckets are private and TLS only": storage.bucketsArePrivate,
  "replaced clips can be taken back": storage.replacedClipsAreKept,
  "what is served is the destination, over TLS": storage.distributionsServeClipsOnly,
  "names that regions share hold the region": regions.sharedNamesHoldTheRegion,
  "buckets are encrypted": storage.bucketsAreEncrypted,
  "buckets forget in time": storage.bucketsForgetInTime,
  "shared stages are retained and production is protected": storage.stagesOutliveMistakes,
  "the origin is read only": storage.originIsReadOnly,
  "schedules reach the stages' queues and nothing else": schedules.schedulesReachQueuesOnly,
  "clocks wake their stages": schedules.clocksGo,
  "functions know every resource they need": schedules.wiringIsComplete,
  "outputs are published for commands": schedules.outputsArePublished,
  "dead letters raise alarms": observability.deadLettersRaiseAlarms,
  "every stage raises alarms": observability.stagesRaiseAlarms,
  "unfinished clips raise an alarm": observability.unfinishedClipsRaiseAnAlarm,
  "the dashboard shows every stage": observability.dashboardShowsEveryStage,
} satisfies Record<string, GraphRule>;

export type GraphRuleName = keyof typeof graphRules;

/** Every complaint about a graph, by rule; empty when all is well. */
export function complaintsAbout(graph: Graph): Partial<Record<GraphRuleName, string[]>> {
  const all = Object.entries(graphRules).map(([name, rule]) => [name, rule(graph)] as const);
  return Object.fromEntries(all.filter(([, complaints]) => complaints.length > 0));
}
