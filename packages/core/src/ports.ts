import type { AnyEvent, CamclipsEvent, Lane, StageName } from "@camclips/events";
import type { EntryKey } from "./clip-records.ts";

/** What the stages need of the world. Adapters: packages/aws, and packages/local for one machine; the same tests run against both. */

export interface ObjectInfo {
  key: string;
  bytes: number;
  etag: string;
  /** Names are lower case. */
  metadata: Record<string, string>;
}

/** An object held open at one version: reads fail with ObjectChangedError once it is replaced. */
export interface OpenObject {
  readonly size: number;
  /** Reads many small places, `[start, end)` each. Absent where each would be a request. */
  readMany?(places: readonly (readonly [start: number, end: number])[], signal?: AbortSignal): Promise<Uint8Array[]>;
  /** `[start, end)`. Reads are retried inside; errors are final. */
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** `[start, end)`, with bounded memory. */
  stream(start: number, end: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** Makes a file of it, where that is cheaper than to read it. The file must not be written into. */
  copyTo?(path: string): Promise<void>;
  readonly etag: string;
  /** What was read so far. */
  readonly fetched: { readonly bytes: number; readonly requests: number };
}

export interface ObjectReader {
  /** @returns undefined when there is no such object. */
  open(key: string, signal?: AbortSignal): Promise<OpenObject | undefined>;
}

export interface PutOptions {
  contentType: string;
  metadata?: Record<string, string>;
  /** As HTTP says it; for objects that are served to the world. */
  cacheControl?: string;
  /** Write only when the key is free; `put` returns false when it is taken. */
  ifAbsent?: boolean;
  /** The body is that of this file, into which nobody writes any more: an adapter may take it instead of reading the body. */
  file?: string;
  signal?: AbortSignal;
}

/** Starts a body from its first byte. */
export type OpenBody = () => AsyncIterable<Uint8Array>;

/** Bodies appear under their key whole or not at all. */
export interface ObjectStore extends ObjectReader {
  info(key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined>;
  /** For small objects. */
  get(key: string, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  put(key: string, body: Uint8Array, options: PutOptions): Promise<boolean>;
  /** For objects of any size, with bounded memory. `bytes` must be exact; `open` may be called again for another attempt. */
  putStream(key: string, open: OpenBody, bytes: number, options: PutOptions): Promise<boolean>;
  list(prefix: string, signal?: AbortSignal): AsyncIterable<string>;
  /**
   * Copies an object within the store, without its body passing through here; its metadata are those of the options.
   * @param from the version that is copied
   * @returns as `put`
   * @throws ObjectChangedError when another version is there, or none
   */
  copy(from: Pick<ObjectInfo, "key" | "etag">, key: string, options: PutOptions): Promise<boolean>;
}

export interface EventBus {
  /** @throws Error when any event was refused, after retrying the refused ones. */
  publish(events: readonly CamclipsEvent[], signal?: AbortSignal): Promise<void>;
}

/** What a stage made of one message. */
export interface Emission {
  messageId: string;
  /** Where the events are stored first; those of whoever stored first win. Absent: they are published, and that is all. */
  under?: EntryKey | undefined;
  events: readonly AnyEvent[];
}

export interface Outbox {
  /** @returns the events that were published. The message may be gone by then; whoever received it need not know. */
  publish(emission: Emission, signal?: AbortSignal): Promise<readonly AnyEvent[]>;
}

export interface Notification {
  /** The clip's metadata as a JSON string. */
  message: string;
  /** For filter policies; values are never empty. */
  attributes: Record<string, string>;
}

export interface Topic {
  notify(notification: Notification, signal?: AbortSignal): Promise<void>;
}

export interface ScheduledMessage {
  /** At most 64 letters, digits, '-', '_' and '.'; a name in use means that the same thing is already scheduled. */
  name: string;
  atMs: number;
  queue: "requests" | StageName;
  /** Of the queue, where the stage has it. */
  lane?: Lane | undefined;
  body: string;
}

export interface Scheduler {
  /** How much later than asked a message may go; absent: not at all. */
  readonly lateByMs?: number;
  schedule(message: ScheduledMessage, signal?: AbortSignal): Promise<"scheduled" | "already scheduled">;
}

/** For operators, and for who does what a schedule was to see to. */
export interface Schedules {
  /** Nothing happens where no schedule has the name, or it has fired. */
  unschedule(name: string, signal?: AbortSignal): Promise<void>;
}

/** A message that was tried as often as its queue allows, or that could not be brought to its queue. */
export interface DeadLetter {
  /** The stage that it rests beside; `schedules` for one whose schedule could not deliver it. */
  queue: string;
  messageId: string;
  body: string;
  sentMs: number;
  /** What went wrong, as far as the queue or a log says. */
  error?: string | undefined;
}

export interface DeadLetters {
  /** Leaves them where they are. At most `limit`. */
  look(queue: DeadLetter["queue"], limit: number, signal?: AbortSignal): Promise<DeadLetter[]>;
}

/** A recording as the camera service lists it; nothing of it is trusted. */
export interface ListedRecording {
  recordingUrl: string;
  /** Absent where the name alone tells it. */
  startDate?: string | undefined;
  /** Absent while the recording is still being made. */
  endDate?: string | undefined;
  /** Of a segment (CMAF) without a header of its own: where that is. */
  initUrl?: string | undefined;
}

export interface CameraService {
  /** @throws UnknownCameraError, CameraServiceError. */
  alias(cameraId: string, signal?: AbortSignal): Promise<string>;
  /** @throws CameraServiceError. */
  recordings(alias: string, startMs: number, endMs: number, signal?: AbortSignal): Promise<ListedRecording[]>;
  /** @throws CameraServiceError. */
  putClip(clipId: string, body: object, signal?: AbortSignal): Promise<void>;
}

/** An address that needs no other right to a clip, until it expires. */
export interface ClipLink {
  url: string;
  /** ISO 8601. */
  expiresAt: string;
}

/** @param clip the object's key, and whose it is */
export type MakeLink = (clip: { key: string; clipId: string }, expiresMs: number) => ClipLink;

/** A signing key: of a file, or of a service that gives nothing but signatures. */
export interface Signer {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  /** ES256 (RFC 7518): r and s, 64 bytes. */
  sign(bytes: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>;
}

export interface Backlog {
  /** How long a request that is accepted now waits for its turns in a lane, about. Looks at the queues every few seconds at most. */
  waitSeconds(lane: Lane | undefined, signal?: AbortSignal): Promise<number>;
}

export interface Clock {
  now(): number;
}

/** What an error may say about itself, so that the wrapper of the stages need not know where it comes from. */
export interface ToldError {
  /** Why a clip fails that ends with it: one of the closed list (docs/reasons.md). */
  readonly reason?: string;
  /** Whether the same call may succeed later. */
  readonly transient?: boolean;
}

/** The object behind a key is not the one that was opened. */
export class ObjectChangedError extends Error {
  override name = "ObjectChangedError";
}

/** The camera service does not know the camera. */
export class UnknownCameraError extends Error {
  override name = "UnknownCameraError";
}

/** The camera service did not give a usable answer. */
export class CameraServiceError extends Error {
  override name = "CameraServiceError";
  readonly reason = "CAMERA_SERVICE_UNAVAILABLE";
  readonly transient: boolean;
  constructor(message: string, transient: boolean, options?: ErrorOptions) {
    super(message, options);
    this.transient = transient;
  }
}

/**
 * A service behind a port is down, or asks to be called less often: the same call may succeed later. The adapter has tried
 * several times by then.
 */
export class ServiceUnavailableError extends Error {
  override name = "ServiceUnavailableError";
  readonly transient = true;
}
