import { readSettings } from "@camclips/events";
import { describe, expect, it } from "vitest";
import { profileOf } from "./profile.ts";
import { environmentOf, settingsOf } from "./settings.ts";

const required = {
  CAM_SERVICES_URL: "https://cameras.example.com",
  RECORDINGS_URL: "https://recordings.example.com",
  CLIP_URL: "https://clips.example.com",
  S3_BUCKET_ORIGIN: "recordings",
};

describe("the settings of a stage", () => {
  it("reach the functions as they were read", () => {
    const environment = {
      ...required,
      OLD_FILE_FORMAT: "true",
      THUMBNAIL_SIZES: "640 300",
      TIMESTAMP_FORMAT: "%Y%m%dT%H%M%S",
      SQS_TIMEOUT: "30",
      S3_BUCKET_ORIGIN_DIR: "/archive/",
    };
    const variables = environmentOf(settingsOf("staging", profileOf("staging"), environment));
    expect(readSettings({ ...variables, S3_BUCKET_ORIGIN: "recordings" })).toEqual(readSettings(environment));
  });

  it("tell functions no resource's name", () => {
    const environment = {
      ...required,
      S3_BUCKET_DESTINATION: "clips",
      AWS_SNS_TOPIC: "t",
      ALARM_TOPIC: "arn:aws:sns:eu-west-1:1:on-call",
      LAMBDA_ARCHITECTURE: "x86_64",
      RENDER_MEMORY: "3538",
    };
    const variables = environmentOf(settingsOf("staging", profileOf("staging"), environment));
    const names = [
      "S3_BUCKET_ORIGIN",
      "S3_BUCKET_DESTINATION",
      "AWS_SNS_TOPIC",
      "ALARM_TOPIC",
      "KMS_KEY_ARNS",
      "CLIP_ACCESS",
      "LAMBDA_ARCHITECTURE",
      "RENDER_MEMORY",
    ];
    expect(names.filter((name) => name in variables)).toEqual([]);
  });

  it("have a layout that can be read, told with everything else that is wrong", () => {
    const read = (change: Record<string, string>) =>
      settingsOf("staging", profileOf("staging"), { ...required, ...change }, () => {}).RECORDING_LAYOUT;
    expect(read({ RECORDING_LAYOUT: "frigate", EARLY_WAKE: "true" })).toBe("frigate");
    expect(read({ RECORDING_LAYOUT: "" })).toBeUndefined();
    expect(() => read({ RECORDING_LAYOUT: "{kamera}/%s", SQS_TIMEOUT: "soon" })).toThrow(
      /2 bad settings:\n.*SQS_TIMEOUT="soon".*\n.*RECORDING_LAYOUT="\{kamera\}\/%s": .*no \{kamera\}/,
    );
    expect(() => read({ RECORDING_LAYOUT: "frigat" })).toThrow('there is no layout "frigat"');
    expect(() => read({ RECORDING_LAYOUT: "%Y%m%d/%H%M%S", EARLY_WAKE: "true" })).toThrow("EARLY_WAKE needs {camera}");
  });

  it("are named when they are misspelt", () => {
    const warnings: string[] = [];
    const environment = { ...required, SQS_TIMOUT: "30" };
    const settings = settingsOf("staging", profileOf("staging"), environment, (line) => warnings.push(line));
    expect(settings.SQS_TIMEOUT).toBe(60);
    expect(warnings).toContain("SQS_TIMOUT is no setting: did you mean SQS_TIMEOUT?");
  });

  it("say loudly that nobody hears of alarms, where somebody should", () => {
    const said = (stage: string, environment: Record<string, string>) => {
      const warnings: string[] = [];
      settingsOf(stage, profileOf(stage), { ...required, ...environment }, (line) => warnings.push(line));
      return warnings.join();
    };
    expect(said("staging", {})).toContain("NOBODY HEARS of this stage's alarms");
    expect(said("production", { ALARM_TOPIC: "" })).toContain("NOBODY HEARS");
    expect(said("production", { ALARM_TOPIC: "arn:aws:sns:eu-west-1:1:on-call" })).toBe("");
    expect(said("ada", {})).toBe("");
  });

  it("are all needed in a shared stage", () => {
    expect(() => settingsOf("production", profileOf("production"), {})).toThrow("4 bad settings");
  });

  it.each([
    ["ALARM_TOPIC", "on-call", "must be the ARN of an SNS topic"],
    ["KMS_KEY_ARNS", "alias/recordings", "an alias is none"],
    ["CLIP_ACCESS", "public", 'must be "private", "cloudfront" or "signed"'],
    ["RENDER_MEMORY", "512", "must be a whole number of MB from 1024 to 10240"],
    ["RENDER_MEMORY", "2 GB", "must be a whole number of MB from 1024 to 10240"],
    ["LAMBDA_ARCHITECTURE", "arm", 'must be "arm64" or "x86_64"'],
  ])("of a deployment alone are checked, too: %s=%s", (name, value, message) => {
    expect(() => settingsOf("staging", profileOf("staging"), { ...required, [name]: value })).toThrow(message);
  });

  it("need no address of clips where a distribution brings one", () => {
    const { CLIP_URL: _, ...others } = required;
    const of = (environment: Record<string, string>) =>
      settingsOf("staging", profileOf("staging"), environment).CLIP_URL;
    expect(() => of(others)).toThrow("CLIP_URL is missing");
    expect(of({ ...others, CLIP_ACCESS: "cloudfront" })).toBe(undefined);
    expect(of({ ...required, CLIP_ACCESS: "cloudfront" })).toBe(required.CLIP_URL);
  });

  it("are harmless in a personal stage that names none", () => {
    const settings = settingsOf("ada", profileOf("ada"), { CAM_SERVICES_URL: "" });
    expect(settings).toMatchObject({
      CAM_SERVICES_URL: "https://camera-service.invalid",
      CLIP_URL: "https://ada.clips.invalid",
      S3_BUCKET_ORIGIN: undefined,
    });
  });

  it("win over a personal stage's defaults", () => {
    const settings = settingsOf("ada", profileOf("ada"), required);
    expect(settings).toMatchObject(required);
  });
});
