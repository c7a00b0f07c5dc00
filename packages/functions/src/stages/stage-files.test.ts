import { catalog, type PipelineStage, pipeline, toEnvelope } from "@camclips/events";
import { sampleEvent } from "@camclips/testing/sample-events";
import { describe, expect, it } from "vitest";
import type { StageHandler } from "../runtime/process.ts";

const fileOf = (name: string) => new URL(`${name}.ts`, import.meta.url).href;
const camelCase = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

describe.each((pipeline as readonly PipelineStage[]).map((row) => [row.stage, row] as const))(
  "packages/functions/src/stages/%s.ts",
  (name, row) => {
    it("exports the stage of its name and a Lambda handler, and connects to nothing when it is imported", async () => {
      const module = (await import(fileOf(name))) as Record<string, unknown>;
      expect(module[camelCase(name)]).toMatchObject({ name });
      expect(module.handler).toBeTypeOf("function");
    });

    it("takes the events of its row, and no other", async () => {
      const module = (await import(fileOf(name))) as Record<string, StageHandler>;
      const stage = module[camelCase(name)] as StageHandler;
      const takes = ({ type }: { type: (typeof catalog)[number]["type"] }) => {
        try {
          const body = JSON.parse(JSON.stringify(toEnvelope(sampleEvent(type))));
          return stage.read({ messageId: "m", body, sentMs: 1, receiveCount: 1 })?.type === type;
        } catch {
          return false;
        }
      };
      const expected = "events" in row.input ? row.input.events : [];
      expect(catalog.filter(takes).map(({ type }) => type)).toEqual(
        catalog.map(({ type }) => type).filter((type) => (expected as string[]).includes(type)),
      );
    });
  },
);
