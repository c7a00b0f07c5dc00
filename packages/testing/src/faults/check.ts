import { join } from "node:path";
import { maxRetries, requestKey } from "@camclips/core";
import { type AnswerableRequest, type AnyEvent, type CamclipsEvent, MAX_HOPS, markRerun } from "@camclips/events";
import { STATE_FILE, StateFile } from "@camclips/local";
import { filesIn } from "../folders.ts";
import { sha256 } from "../sha256.ts";
import { groupComplaints, isOfGroup } from "./check-groups.ts";
import type { Ending } from "./drive.ts";
import { allAsked } from "./history.ts";

/** What must hold after any history (DESIGN.md, "Invariants"). Each check returns complaints, one a line. */

interface Told {
  clipId: string;
  key: string;
  status: string;
  notificationId: string;
}

type ClipMetadata = {
  clipId: string;
  status: string;
  clip?: { key: string; sha256: string };
  thumbnail: { sizes: number[] };
};

export async function complaintsAbout(ending: Ending): Promise<string[]> {
  if (ending.endless) return [ending.endless];
  const complaints = [
    ...(await everyRequestIsDecidedOnce(ending)),
    ...putsAgreeWithNotifications(ending),
    ...(await groupComplaints(ending)),
    ...notificationsRepeatOnlyAfterFaults(ending),
    ...(await statusesAgreeWithHistories(ending)),
    ...messagesHaveOneAnswer(ending),
    ...(await clipsAreWhatWasTold(ending)),
    ...(await cancelledRendersStop(ending.world)),
    ...copiesAreOfWhatWasDelivered(ending),
    ...(await publicObjectsAreWhole(ending.world)),
    ...(await nothingIsLeftBehind(ending)),
    ...nothingWentRound(ending),
    ...attemptsAreMadeOnce(ending),
  ];
  return [...complaints, ...(await replayTellsNobody(ending))];
}

const eventsOf = <Type extends AnyEvent["type"]>(events: readonly CamclipsEvent[], type: Type) =>
  events.filter((event): event is Extract<AnyEvent, { type: Type }> => event.type === type);

const distinct = (values: readonly string[]): string[] => [...new Set(values)];

/** Requests by their key, as far as the pipeline took them. */
function acceptedIn({ world }: Ending): Map<string, string> {
  const accepted = [...eventsOf(world.published, "RequestAccepted"), ...eventsOf(world.published, "ClipRejected")];
  return new Map(accepted.map(({ data, metadata }) => [requestKey(data.request), metadata.clipId]));
}

/** The request behind every event that may claim a terminal status. */
function claimantsIn({ world }: Ending): Map<string, string> {
  const claimants = [
    ...eventsOf(world.published, "ThumbnailsRendered"),
    ...eventsOf(world.published, "ClipRejected"),
    ...eventsOf(world.published, "ClipFailed"),
  ];
  const published = claimants.map(({ data, metadata }): [string, string] => [metadata.id, requestKey(data.request)]);
  return new Map([...published, ...world.cancellations]);
}

const clipNotifications = ({ world }: Ending) => world.notifications.filter((told) => !isOfGroup(told));

/** What subscribers were told, by request. */
function toldIn(ending: Ending): Told[] {
  const claimants = claimantsIn(ending);
  return clipNotifications(ending).map(({ message, attributes }) => {
    const { clipId, status } = JSON.parse(message) as ClipMetadata;
    const { notificationId = "" } = attributes;
    return { clipId, status, notificationId, key: claimants.get(notificationId) ?? "nobody's" };
  });
}

/**
 * accepted - terminal = 0; one terminal status, one notification, one end of the history. A rerun that tells may add one
 * answer of its own, and never takes a delivered clip back.
 */
async function everyRequestIsDecidedOnce(ending: Ending): Promise<string[]> {
  const { world, deadLetters } = ending;
  const complaints: string[] = [];
  const told = toldIn(ending);
  for (const [key, clipId] of acceptedIn(ending)) {
    const own = told.filter((each) => each.key === key);
    const ids = distinct(own.map(({ notificationId }) => notificationId));
    const most = 1 + loudRuns(ending, clipId);
    if (ids.length < 1 || ids.length > most) complaints.push(`${clipId}: ${ids.length} notifications for one request`);
    const ends = await endsOf(ending, clipId, key);
    if (ends.length !== ids.length)
      complaints.push(`${clipId}: its history has ${ends.length} ends for one request, and ${ids.length} were told`);
    for (const { data, metadata } of ends) {
      if (own.some(({ status, notificationId }) => notificationId === metadata.cause && status !== data.status))
        complaints.push(`${clipId}: told another status than ${data.status}`);
    }
    const statuses = own.map(({ status }) => status);
    const ended = statuses.indexOf("CLIP_CANCELLED");
    if (ended >= 0 && statuses.slice(ended).some((status) => status !== "CLIP_CANCELLED"))
      complaints.push(`${clipId}: a cancelled clip was told otherwise: ${statuses.join(", ")}`);
    if (world.cancelled.has(clipId) && isHolder(ending, key, clipId) && statuses.at(-1) !== "CLIP_CANCELLED")
      complaints.push(`${clipId}: the operator was told that it is cancelled, subscribers ${statuses.join(", ")}`);
    const delivered = statuses.indexOf("CLIP_AVAILABLE");
    if (delivered >= 0 && statuses.slice(delivered).some((status) => status !== "CLIP_AVAILABLE"))
      complaints.push(`${clipId}: a delivered clip was taken back: ${statuses.join(", ")}`);
  }
  for (const { key, clipId } of told)
    if (key === "nobody's") complaints.push(`${clipId}: told of an event that never was`);
  const resting = deadLetters.filter(({ queue }) => queue === "accept-request").map(({ body }) => body);
  for (const { clipId } of allAsked(world.history)) {
    const known = [...acceptedIn(ending).values()].includes(clipId);
    if (!known && !resting.some((body) => body.includes(clipId))) complaints.push(`${clipId}: its message is lost`);
  }
  return complaints;
}

/** Whether the clipId is this request's, not that of a refused one. */
const isHolder = ({ world }: Ending, key: string, clipId: string): boolean =>
  eventsOf(world.published, "RequestAccepted").some(
    ({ data, metadata }) => metadata.clipId === clipId && requestKey(data.request) === key,
  );

/** Runs of a clip that the operator asked for and that tell: a redrive is one for each stage whose dead letters it sends. */
function loudRuns({ world }: Ending, clipId: string): number {
  const runs = world.published.flatMap(({ metadata: { clipId: of, rerun } }) =>
    of === clipId && rerun?.notify ? [rerun.id] : [],
  );
  return distinct(runs).length;
}

/** The ends of a request that were told, oldest first. */
async function endsOf(ending: Ending, clipId: string, key: string) {
  const claimants = claimantsIn(ending);
  const ends = eventsOf(await ending.runtime.history(clipId), "ClipPublished");
  return ends.filter(({ data, metadata }) => data.notified && claimants.get(metadata.cause) === key);
}

/** What people are shown when they ask for clips by their state is how the clip's own request ended. */
async function statusesAgreeWithHistories(ending: Ending): Promise<string[]> {
  const complaints: string[] = [];
  const accepted = eventsOf(ending.world.published, "RequestAccepted");
  for (const { data, metadata } of accepted) {
    const { clipId } = metadata;
    const key = requestKey(data.request);
    const end = (await endsOf(ending, clipId, key)).at(-1);
    const status = await ending.runtime.records.status(clipId);
    if (status?.requestKey !== key) complaints.push(`${clipId}: its status is another request's`);
    if (status?.outcome !== end?.data.status)
      complaints.push(`${clipId}: its status is ${status?.state} ${status?.outcome}, not ${end?.data.status}`);
  }
  return complaints;
}

/** A message that was refused for want of time is not taken up after all. */
function messagesHaveOneAnswer({ world }: Ending): string[] {
  const accepted = eventsOf(world.published, "RequestAccepted");
  const refused = eventsOf(world.published, "ClipRejected").filter(({ data }) => data.reason === "OVERLOADED");
  return refused.flatMap(({ data: { request }, metadata: { clipId } }) => {
    const own = accepted.filter(
      ({ data, metadata }) => metadata.clipId === clipId && data.request.sentMs === request.sentMs,
    );
    // Two messages may have been sent in the same millisecond.
    const isAlone =
      allAsked(world.history).flatMap((asked) => (asked.clipId === clipId ? asked.sentSeconds : [])).length === 1;
    return isAlone && own.length > 0 ? [`${clipId}: one message was refused and accepted`] : [];
  });
}

/** The camera service's last word on a clip is what subscribers were told of the request that has the clipId. */
function putsAgreeWithNotifications(ending: Ending): string[] {
  const { world, deadLetters } = ending;
  const complaints: string[] = [];
  const told = toldIn(ending);
  const accepted = eventsOf(world.published, "RequestAccepted");
  const holders = new Map(accepted.map(({ data, metadata }) => [metadata.clipId, requestKey(data.request)]));
  for (const clipId of distinct(world.puts.map((put) => put.clipId))) {
    const statuses = world.puts.filter((put) => put.clipId === clipId).map(({ status }) => status);
    const last = statuses.at(-1);
    const holder = holders.get(clipId);
    const own = told.filter((each) => each.clipId === clipId && (holder === undefined || each.key === holder));
    if (last === "CLIP_PENDING") complaints.push(`${clipId}: the camera service was left at CLIP_PENDING`);
    if (!own.some(({ status }) => status === last)) complaints.push(`${clipId}: PUT ${last}, SNS otherwise`);
    // Messages that are refused before a valid one comes are told as fatal.
    const decided = distinct(statuses).filter((status) => status !== "CLIP_PENDING" && status !== "FATAL_ERROR");
    if (decided.length > 1 && loudRuns(ending, clipId) === 0)
      complaints.push(`${clipId}: the camera service was told ${statuses.join(", ")}`);
  }
  for (const { clipId } of told) {
    // The message that has the clipId may rest where an operator sees it; refused ones leave the status to it.
    const resting = deadLetters.some(({ queue, body }) => queue === "accept-request" && body.includes(clipId));
    const isTold = world.puts.some((put) => put.clipId === clipId);
    if (!isTold && !resting) complaints.push(`${clipId}: the camera service was never told`);
  }
  return complaints;
}

function notificationsRepeatOnlyAfterFaults({ world }: Ending): string[] {
  return world.needlessRepeats.map((id) => `${id}: subscribers were told twice, though nothing had gone wrong`);
}

/** Whoever was told of a clip finds it and its thumbnails, with the bytes that were told. */
async function clipsAreWhatWasTold(ending: Ending): Promise<string[]> {
  const { destination } = ending.world;
  const complaints: string[] = [];
  // A rerun that tells may have replaced the clip of its request: then that is what was told.
  const told = toldIn(ending);
  const latest = new Map(clipNotifications(ending).map(({ message }, index) => [told[index]?.key, message]));
  for (const message of latest.values()) {
    const { clipId, status, clip, thumbnail } = JSON.parse(message) as ClipMetadata;
    if (status !== "CLIP_AVAILABLE" || !clip) continue;
    const body = await destination.get(clip.key.slice(1));
    if (!body) complaints.push(`${clipId}: nothing under its key`);
    else if (sha256(body) !== clip.sha256) complaints.push(`${clipId}: other bytes than told`);
    for (const size of [...thumbnail.sizes, "original"])
      if (!(await destination.info(`${clip.key.slice(1, -4)}_${size}.jpg`)))
        complaints.push(`${clipId}: no thumbnail ${size}`);
  }
  return complaints;
}

/** What was cancelled while it rendered is not put under its key. */
async function cancelledRendersStop(world: Ending["world"]): Promise<string[]> {
  const complaints: string[] = [];
  for (const clipId of world.cancelledRenders)
    if (await world.hasClip(clipId)) complaints.push(`${clipId}: its render went on after it was cancelled`);
  return complaints;
}

/** A clip that is a copy is one of the same camera, range and policy, which was delivered with the same bytes. */
function copiesAreOfWhatWasDelivered({ world }: Ending): string[] {
  const delivered = new Map(
    world.notifications
      .map(({ message }) => JSON.parse(message) as ClipMetadata & { clip?: { sha256: string } })
      .filter(({ status }) => status === "CLIP_AVAILABLE")
      .map((told) => [`${told.clipId} ${told.clip?.sha256}`, told]),
  );
  const cutOf = ({ cameraId, startMs, endMs, gapPolicy }: AnswerableRequest) =>
    JSON.stringify([cameraId, startMs, endMs, gapPolicy]);
  const pictured = eventsOf(world.published, "ThumbnailsRendered");
  return pictured.flatMap(({ data: { request, clip, reusedFrom }, metadata }) => {
    if (reusedFrom === undefined) return [];
    const isOfIt = pictured.some(
      ({ data }) => data.request.clipId === reusedFrom && cutOf(data.request) === cutOf(request),
    );
    const isTold = delivered.has(`${reusedFrom} ${clip.sha256}`);
    return isOfIt && isTold ? [] : [`${metadata.clipId}: no copy of what ${reusedFrom} was told as`];
  });
}

/** Every object under a public key is the whole of something that was verified. */
async function publicObjectsAreWhole({ destination }: Ending["world"]): Promise<string[]> {
  const complaints: string[] = [];
  for await (const key of destination.list("")) {
    const info = await destination.info(key);
    const body = await destination.get(key);
    const whole = body && (key.endsWith(".mp4") ? sha256(body) === info?.metadata.sha256 : body.byteLength > 64);
    if (!whole) complaints.push(`${key}: half an object`);
  }
  return complaints;
}

async function nothingIsLeftBehind({ world }: Ending): Promise<string[]> {
  const files = (await filesIn(world.folder)).filter((name) => /\.unfinished|state\/scratch\//.test(name));
  using state = new StateFile(join(world.folder, "state", STATE_FILE), { readOnly: true });
  const rows = [
    ...state.read.rows("SELECT queue, body FROM messages"),
    ...state.read.rows("SELECT queue, body FROM schedules"),
  ];
  return [...files, ...rows.map(({ queue, body }) => `${queue}: ${body}`)].map((left) => `left behind: ${left}`);
}

/** Attempts and events stay within what the rules allow, however often things are delivered. */
function nothingWentRound({ world }: Ending): string[] {
  const complaints = world.mostTries > 40 ? [`one event was tried ${world.mostTries} times`] : [];
  for (const clipId of distinct(world.published.map(({ metadata }) => metadata.clipId))) {
    const own = world.published.filter(({ metadata }) => metadata.clipId === clipId);
    const requests = distinct(eventsOf(own, "RequestAccepted").map(({ data }) => requestKey(data.request))).length;
    const attempts = distinct(eventsOf(own, "RequestAccepted").map(({ metadata }) => metadata.id)).length;
    const most = (maxRetries(world.settings) + 2) * Math.max(1, requests) * (1 + world.history.acts.length);
    if (attempts > most) complaints.push(`${clipId}: ${attempts} attempts, ${most} are allowed`);
    const hops = Math.max(...own.map(({ metadata }) => metadata.hops));
    if (hops >= MAX_HOPS) complaints.push(`${clipId}: a chain of ${hops} events`);
    const events = distinct(own.map(({ metadata }) => metadata.id)).length;
    if (events > 8 * most + 20) complaints.push(`${clipId}: ${events} events`);
  }
  return complaints;
}

/** An attempt has a schedule, and may have been woken before by several objects: where nothing goes wrong it is made once. */
function attemptsAreMadeOnce({ world }: Ending): string[] {
  if (world.faults.length > 0 || world.history.acts.length > 0 || world.history.outages.length > 0) return [];
  const later = eventsOf(world.published, "RequestAccepted").filter(({ data }) => data.request.retryTimestamps.length);
  const ids = later.map(({ metadata }) => metadata.id);
  return later
    .filter(({ metadata }, index) => ids.indexOf(metadata.id) !== index)
    .map(({ metadata: { clipId } }) => `${clipId}: one attempt was made twice`);
}

/** Every event once more, as the archive would send them: nobody outside may notice. */
async function replayTellsNobody(ending: Ending): Promise<string[]> {
  const { world, runtime, settle } = ending;
  world.healed = true;
  const before = {
    puts: world.puts.length,
    notifications: world.notifications.length,
    scheduled: world.scheduled.length,
  };
  const keys = await Array.fromAsync(world.destination.list(""));
  for (const clipId of distinct(allAsked(world.history).map((asked) => asked.clipId)))
    for (const event of (await runtime.history(clipId)).filter(({ metadata }) => !metadata.rerun))
      world.limbo.push({ atMs: world.now(), event: markRerun(event, { id: "replay-1", notify: false }) });
  const endless = await settle();
  const after = await Array.fromAsync(world.destination.list(""));
  return [
    ...(endless ? [`a replay: ${endless}`] : []),
    ...(world.puts.length > before.puts ? ["a replay told the camera service"] : []),
    ...(world.notifications.length > before.notifications ? ["a replay told subscribers"] : []),
    // A stage may wait for a dependency in a replay too, but no request is sent again, and no deadline watched.
    ...world.scheduled
      .slice(before.scheduled)
      .filter((name) => /^(?:retry|check-deadline)-/.test(name))
      .map((name) => `${name}: scheduled by a replay`),
    ...keys.filter((key) => !after.includes(key)).map((key) => `${key}: lost in a replay`),
    ...(await publicObjectsAreWhole(ending.world)).map((complaint) => `after a replay: ${complaint}`),
  ];
}

/** What to print when a history breaks a rule. */
export function storyOf({ world, deadLetters }: Ending): string {
  const lines = [
    `seed ${world.history.seed}, intensity ${world.history.intensity}, ${world.kills} kills; again: FAULTS_SEED=${world.history.seed} npm run test:faults`,
    ...world.history.asked.map((asked) => `asked: ${JSON.stringify(asked)}`),
    ...world.history.overloads.map((overload) => `overload: ${JSON.stringify(overload)}`),
    ...world.history.outages.map((outage) => `outage: ${JSON.stringify(outage)}`),
    ...world.faults,
    ...world.published.map(
      ({ type, metadata }) =>
        `event: ${metadata.occurredAt} ${metadata.clipId} ${type} ${metadata.id} from ${metadata.cause}`,
    ),
    ...world.puts.map(({ clipId, status }) => `PUT ${clipId} ${status}`),
    ...world.notifications.map(({ attributes }) => `SNS ${JSON.stringify(attributes)}`),
    ...deadLetters.map(({ queue, error }) => `dead letter: ${queue}: ${error}`),
  ];
  return lines.join("\n");
}
