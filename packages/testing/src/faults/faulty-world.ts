import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type CameraService,
  CameraServiceError,
  type Notification,
  type ObjectStore,
  requestKey,
  UnknownCameraError,
} from "@camclips/core";
import { recordingName } from "@camclips/core/recording-name";
import { type AnswerableRequest, type CamclipsEvent, readSettings, type Settings } from "@camclips/events";
import { createFolderStore } from "@camclips/local";
import { RECORDING_FILE } from "../stage-world.ts";
import { Dice } from "./dice.ts";
import { ALIAS, CAMERA, type History, type News, type Outage, RECORDING_SECONDS } from "./history.ts";

/** What lies outside of the process that is killed: time, the camera service, subscribers, the buckets, the bus. */

export const EPOCH = Date.UTC(2026, 10, 23, 12);

/**
 * The clock advances by a tenth of a second every five milliseconds, so that waiting for each other costs tests little.
 * It counts turns of the event loop, not time: on a busy machine, where the work takes longer, it goes slower.
 */
const TICK_MS = 5;
const TICK_FORWARD_MS = 100;

export interface Put {
  clipId: string;
  status: string;
  atMs: number;
}

/** An event on its way: delayed, or a second copy. */
export interface InLimbo {
  atMs: number;
  event: CamclipsEvent;
}

export class FaultyWorld implements Disposable {
  readonly history: History;
  readonly dice: Dice;
  readonly settings: Settings;
  readonly folder: string;
  readonly origin: ObjectStore;
  readonly destination: ObjectStore;
  readonly puts: Put[] = [];
  readonly notifications: Notification[] = [];
  readonly published: CamclipsEvent[] = [];
  readonly limbo: InLimbo[] = [];
  /** Names of all schedules that were made, whoever made them again. */
  readonly scheduled: string[] = [];
  /** What went wrong, in order: printed when a check fails. */
  readonly faults: string[] = [];
  /** Requests by the event that an operator's command was to publish, also where it broke off before. */
  readonly cancellations = new Map<string, string>();
  /** Clips whose cancelling was confirmed to the operator. */
  readonly cancelled = new Set<string>();
  /** Clips that were cancelled during their first render. */
  readonly cancelledRenders = new Set<string>();
  /** Notifications that were sent again though nothing had gone wrong since they were sent. */
  readonly needlessRepeats: string[] = [];
  readonly #unmarked = new Map<string, number>();
  kills = 0;
  renders = 0;
  /** The highest attempt of one event that any stage asked for. */
  mostTries = 1;
  /** Nothing goes wrong any more: the rest must come to its end. */
  healed = false;
  #aheadMs = 0;
  readonly #ticker = setInterval(() => {
    this.#aheadMs += TICK_FORWARD_MS;
  }, TICK_MS);

  constructor(history: History, folder: string) {
    this.history = history;
    this.dice = new Dice(history.seed);
    this.folder = folder;
    this.origin = createFolderStore(join(folder, "origin"));
    this.destination = createFolderStore(join(folder, "destination"));
    this.settings = readSettings({
      CAM_SERVICES_URL: "https://cams.test.com",
      RECORDINGS_URL: "https://recordings.test.com",
      CLIP_URL: "https://clips.test.com",
      S3_BUCKET_ORIGIN: "recordings",
      THUMBNAIL_SIZES: "300",
      VIDEO_MAX_LEN: "50",
      RECORDING_MAX_LEN: String(RECORDING_SECONDS),
      EARLY_WAKE: String(history.news !== null),
    });
  }

  now = (): number => Math.floor(EPOCH + this.#aheadMs);

  [Symbol.dispose](): void {
    clearInterval(this.#ticker);
  }

  get seconds(): number {
    return (this.now() - EPOCH) / 1000;
  }

  /** Pauses are no whole milliseconds: what lies a fraction ahead of a clock of whole ones would never be due. */
  advanceTo(ms: number): void {
    this.#aheadMs += Math.max(0, Math.ceil(ms) - this.now());
  }

  jump(bySeconds: number): void {
    this.#aheadMs += bySeconds * 1000;
  }

  isDown(what: Outage["of"]): boolean {
    if (this.healed) return false;
    const at = this.seconds;
    return this.history.outages.some(
      ({ of, fromSeconds, seconds }) => of === what && fromSeconds <= at && at < fromSeconds + seconds,
    );
  }

  /** What a new request would have to wait. */
  get backlogSeconds(): number {
    const at = this.seconds;
    const isOver = this.history.overloads.some(
      ({ fromSeconds, seconds }) => fromSeconds <= at && at < fromSeconds + seconds,
    );
    return isOver && !this.healed ? 100_000 : 0;
  }

  /** Whether retention has taken the object out of the origin bucket. */
  isGone(key: string): boolean {
    return this.history.recordings.some(
      ({ goneSeconds = Number.POSITIVE_INFINITY }, index) => key === this.nameOf(index) && this.seconds >= goneSeconds,
    );
  }

  /** Whether there is an object under the clip's key. */
  async hasClip(clipId: string): Promise<boolean> {
    return (await Array.fromAsync(this.destination.list(""))).some((key) => key.endsWith(`/${clipId}.mp4`));
  }

  note(fault: string): void {
    this.faults.push(`${this.seconds.toFixed(1)} s: ${fault}`);
  }

  /** Subscribers were told. To tell them again is allowed only after a fault between the message and its entry. */
  told(notificationId: string, notification: Notification): void {
    const before = this.notifications.filter(({ attributes }) => attributes.notificationId === notificationId);
    const faultsThen = this.#unmarked.get(notificationId);
    const excused = faultsThen !== undefined && (this.faults.length > faultsThen || this.isDown("records"));
    if (before.length > 0 && !excused) this.needlessRepeats.push(notificationId);
    this.notifications.push(notification);
    this.#unmarked.set(notificationId, this.faults.length);
  }

  /** The entry of a group's notification was written. */
  markedGroup(groupId: string): void {
    const told = this.notifications.findLast(({ attributes }) => attributes.groupId === groupId);
    this.#unmarked.delete(told?.attributes.notificationId ?? "");
  }

  /** The entry of a request's notification was written. */
  marked(key: string): void {
    for (const { metadata, data } of this.published) {
      const { request } = data as { request?: AnswerableRequest };
      if (request && requestKey(request) === key) this.#unmarked.delete(metadata.id);
    }
  }

  /** Puts the recordings into the bucket whose time has come. */
  async store(): Promise<void> {
    const body = await readFile(RECORDING_FILE);
    for (const [index, { storedSeconds, broken }] of this.history.recordings.entries()) {
      const key = this.nameOf(index);
      if (!this.#isThere(index, storedSeconds) || (await this.origin.info(key))) continue;
      await this.origin.put(key, broken ? body.subarray(0, 500) : body, { contentType: "video/mp4" });
    }
  }

  /** When the bucket tells of a recording, and what. A recording that never comes is told of all the same. */
  newsOf({ recording, lateSeconds }: News): { atMs: number; body: string } {
    const { storedSeconds } = this.history.recordings[recording] ?? { storedSeconds: null };
    const stored = Math.max(storedSeconds ?? 0, (recording + 1) * RECORDING_SECONDS);
    const detail = { object: { key: this.nameOf(recording) } };
    const body = JSON.stringify({ source: "aws.s3", "detail-type": "Object Created", detail });
    return { atMs: EPOCH + (stored + lateSeconds) * 1000, body };
  }

  readonly cameras: CameraService = {
    alias: async (cameraId) => {
      await this.#answer();
      if (cameraId !== CAMERA) throw new UnknownCameraError(`no camera ${cameraId}`);
      return ALIAS;
    },
    recordings: async () => {
      await this.#answer();
      await this.store();
      const listed = this.history.recordings.flatMap(({ listedSeconds }, index) =>
        this.#isThere(index, listedSeconds) ? [index] : [],
      );
      return listed.reverse().map((index) => ({
        recordingUrl: `https://recordings.test.com/${this.nameOf(index)}`,
        startDate: new Date(this.#startOf(index)).toISOString(),
        endDate: new Date(this.#startOf(index + 1)).toISOString(),
      }));
    },
    putClip: async (clipId, body) => {
      await this.#answer("puts");
      this.puts.push({ clipId, status: (body as { status: string }).status, atMs: this.now() });
    },
  };

  async #answer(part?: "puts"): Promise<void> {
    if (this.isDown("cameras") || (part && this.isDown(part)))
      throw new CameraServiceError("the camera service answered 503", true);
  }

  #isThere(index: number, seconds: number | null): boolean {
    return seconds !== null && this.seconds >= Math.max(seconds, (index + 1) * RECORDING_SECONDS);
  }

  #startOf = (index: number): number => EPOCH + index * RECORDING_SECONDS * 1000;
  nameOf = (index: number): string => recordingName(ALIAS, this.#startOf(index), this.settings);
}
