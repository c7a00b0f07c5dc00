import { createHash, randomBytes, randomUUID } from "node:crypto";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** The cameras of the fake camera service: one records, one is down. */
export const CAMERA_UP = "583499c4e411dc743a5d5296";
export const CAMERA_DOWN = "5834a0d2e411dc743a5d52b1";

export type Sample = "available" | "pending" | "notAvailable" | "outOfRange" | "tooLong";

interface Shape {
  camera: string;
  /** How long before the message the clip starts, and how long it is. */
  agoMs: number;
  lengthMs: number;
}

/** What the old project's `make event` wrote (contract, section 6). Ages hold with the default settings. */
const shapes: Record<Sample, Shape> = {
  available: { camera: CAMERA_UP, agoMs: 10 * MINUTE, lengthMs: 30 * SECOND },
  pending: { camera: CAMERA_DOWN, agoMs: MINUTE, lengthMs: MINUTE },
  notAvailable: { camera: CAMERA_DOWN, agoMs: 2 * DAY, lengthMs: MINUTE },
  outOfRange: { camera: CAMERA_UP, agoMs: 8 * DAY, lengthMs: MINUTE },
  tooLong: { camera: CAMERA_UP, agoMs: 10 * MINUTE, lengthMs: 8 * MINUTE },
};

/** A Lambda SQS event with one message, sent now. Its body is what Python producers send: `str(dict)`. */
export function sampleEvent(sample: Sample, camera: string | undefined, nowMs: number) {
  const shape = shapes[sample];
  const startMs = nowMs - shape.agoMs;
  const clipId = randomBytes(12).toString("hex");
  const body = `{'clipId': '${clipId}', 'retryTimestamps': [], 'cameraId': '${camera ?? shape.camera}', 'startTimestampInMs': ${startMs}, 'endTimestampInMs': ${startMs + shape.lengthMs}}`;
  return sqsEvent(body, nowMs);
}

/** The event with which Lambda would receive one message. */
export function sqsEvent(body: string, sentMs: number) {
  return {
    Records: [
      {
        messageId: randomUUID(),
        receiptHandle: randomBytes(48).toString("base64"),
        body,
        attributes: {
          ApproximateReceiveCount: "1",
          SentTimestamp: String(sentMs),
          SenderId: "AIDACAMCLIPSSAMPLE",
          ApproximateFirstReceiveTimestamp: String(sentMs),
        },
        messageAttributes: {},
        md5OfBody: createHash("md5").update(body).digest("hex"),
        eventSource: "aws:sqs",
        eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:camclips-requests",
        awsRegion: "us-east-1",
      },
    ],
  };
}
