import { describe, expect, it } from "vitest";
import { readSettings, SettingsError } from "./settings.ts";

const required = {
  CAM_SERVICES_URL: "https://cams.test.com/",
  RECORDINGS_URL: "http://recordings.test.com:8080/api//",
  CLIP_URL: "https://camclips.sandbox.test.com",
  S3_BUCKET_ORIGIN: "recordings",
};

it("has the contract's defaults", () => {
  expect(readSettings(required)).toMatchObject({
    CLIP_DOWNLOAD_DEST: "/tmp",
    TIMESTAMP_FORMAT: "%Y%m%dT%H%M%S%f",
    OLD_FILE_FORMAT: false,
    SQS_RETRY_LIMIT: 900,
    SQS_TIMEOUT: 60,
    OUT_OF_RANGE_LIMIT: 259_200,
    VIDEO_MAX_LEN: 300,
    THUMBNAIL_SIZES: [300, 640, 1500, 3000],
    THUMBNAIL_FORMAT: "jpg",
    S3_BUCKET_ORIGIN_DIR: "",
    LOG_LEVEL: "INFO",
    CLIP_PRECISION: "smart",
    PREVIEWS: "none",
    CLIP_CLOCK: "none",
    CLOCK_ZONE: "UTC",
    CLIP_CODEC: "h264",
  });
});

it("takes an empty variable for one that is not set", () => {
  const empty = Object.fromEntries(Object.keys(readSettings(required)).map((name) => [name, ""]));
  expect(readSettings({ ...empty, ...required })).toEqual(readSettings(required));
});

it("cuts slashes off where they would double", () => {
  const { CAM_SERVICES_URL, RECORDINGS_URL, S3_BUCKET_ORIGIN_DIR } = readSettings({
    ...required,
    S3_BUCKET_ORIGIN_DIR: "/live/cams/",
  });
  expect(CAM_SERVICES_URL).toBe("https://cams.test.com");
  expect(RECORDINGS_URL).toBe("http://recordings.test.com:8080/api");
  expect(S3_BUCKET_ORIGIN_DIR).toBe("live/cams");
});

it.each([
  ["OLD_FILE_FORMAT", "1", true],
  ["OLD_FILE_FORMAT", "false", false],
  ["THUMBNAIL_SIZES", " 640, 300  640 ", [640, 300]],
  ["SQS_TIMEOUT", "30", 30],
  ["JOIN_TOLERANCE_MS", "0", 0],
  ["TIMESTAMP_FORMAT", "%Y-%j_%H%M%S%%", "%Y-%j_%H%M%S%%"],
] as const)("reads %s=%s", (name, text, value) => {
  expect(readSettings({ ...required, [name]: text })[name]).toEqual(value);
});

describe("a bad setting", () => {
  it.each([
    ["SQS_TIMEOUT", "0"],
    ["SQS_TIMEOUT", "1.5"],
    ["SQS_TIMEOUT", "soon"],
    ["SQS_RETRY_LIMIT", "-1"],
    ["VIDEO_MAX_LEN", "Infinity"],
    ["OLD_FILE_FORMAT", "yes"],
    ["THUMBNAIL_SIZES", "300 big"],
    ["THUMBNAIL_SIZES", "8"],
    ["THUMBNAIL_SIZES", " "],
    ["THUMBNAIL_FORMAT", "gif"],
    ["CLOCK_ZONE", "Paris"],
    ["REUSE", "true"],
    ["CAM_SERVICES_URL", "ftp://cams"],
    ["CAM_SERVICES_URL", "cams.test.com"],
    ["TIMESTAMP_FORMAT", "%Y%Q"],
    ["TIMESTAMP_FORMAT", "%Y%m%d%"],
    ["TIMESTAMP_FORMAT", "%Y%Y"],
    ["LOG_LEVEL", "LOUD"],
    ["CLIP_WORK_LIMIT", "10"],
  ])("stops the start: %s=%s", (name, value) => {
    expect(() => readSettings({ ...required, [name]: value })).toThrow(`${name}="${value}": `);
  });

  it("comes in one message with every other one", () => {
    const read = () => readSettings({ SQS_TIMEOUT: "soon", CLIP_URL: "nowhere", S3_BUCKET_ORIGIN: "" });
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(/^5 bad settings:\n/);
    for (const line of [
      'SQS_TIMEOUT="soon": must be a whole number of seconds',
      'CLIP_URL="nowhere": must be an http or https URL',
      "CAM_SERVICES_URL is missing: set it in .env or .env.<stage>",
      "RECORDINGS_URL is missing: set it in .env or .env.<stage>",
      "S3_BUCKET_ORIGIN is missing: set it in .env or .env.<stage>",
    ])
      expect(read).toThrow(line);
  });
});
