import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { expect, it } from "vitest";
import { misspeltSettings } from "./misspelt.ts";

it.each([
  ["SQS_TIMOUT", "SQS_TIMEOUT"],
  ["SQS_TIEMOUT", "SQS_TIMEOUT"],
  ["sqs_timeout", "SQS_TIMEOUT"],
  ["VIDEO_MAX_LENGTH_", ""],
  ["THUMBNAILS_SIZES", "THUMBNAIL_SIZES"],
  ["THUMBNAIL_SIZE", "THUMBNAIL_SIZES"],
  ["CAM_SERVICE_URL", "CAM_SERVICES_URL"],
  ["FFMPEG_BINS", "FFMPEG_BIN"],
])("of an environment that everybody writes into, %s is taken for %s", (name, meant) => {
  expect(misspeltSettings([name])).toEqual(meant ? [`${name} is no setting: did you mean ${meant}?`] : []);
});

it("in a file of ours, names that begin as our settings do are told as well", () => {
  expect(misspeltSettings(["VIDEO_MAX_LENGTH"], true)).toEqual([
    "VIDEO_MAX_LENGTH is no setting: did you mean VIDEO_MAX_LEN?",
  ]);
  expect(
    misspeltSettings(["VIDEO_MAXIMUM", "CLIP_DIRECTORY", "HTTP_PROXY", "AWS_PROFILE", "LOG_FORMAT"], true),
  ).toEqual([
    'CLIP_DIRECTORY is no setting; they are listed in README.md, "Settings"',
    'VIDEO_MAXIMUM is no setting; they are listed in README.md, "Settings"',
  ]);
});

it("knows every name of .env.example", async () => {
  const example = parseEnv(await readFile(new URL("../../../.env.example", import.meta.url), "utf8"));
  expect(Object.keys(example).length).toBeGreaterThan(20);
  expect(misspeltSettings(Object.keys(example), true)).toEqual([]);
});

it("leaves alone what is right, and what belongs to others", () => {
  const environment = ["SQS_TIMEOUT", "FFMPEG_LAMBDA_BIN", "ALARM_TOPIC", "PATH", "LANG", "AWS_REGION", "TEMP_DIR"];
  expect(misspeltSettings(environment)).toEqual([]);
});
