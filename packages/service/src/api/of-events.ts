import { type ChoiceName, choiceNames, choices, groupId as eventGroupId, id as eventId } from "@camclips/events";
import { z } from "@hono/zod-openapi";
import { globalRegistry, type ZodMiniOptional, type ZodMiniString } from "zod/mini";

/** Schemas of events in the form that can be described as OpenAPI: events have the small one, which functions load quickly. */

const text = (schema: ZodMiniString) =>
  z.string().superRefine((value, context) => {
    for (const { message } of schema.safeParse(value).error?.issues ?? [])
      context.addIssue({ code: "custom", message });
  });

export const id = text(eventId);
export const groupId = text(eventGroupId);

type Choices = {
  [Name in ChoiceName]: (typeof choices)[Name] extends ZodMiniOptional<infer Choice>
    ? z.ZodOptional<z.ZodType<z.output<Choice>>>
    : z.ZodDefault<z.ZodType<z.output<(typeof choices)[Name]>>>;
};

/** What a request may choose. */
export const requestChoices = Object.fromEntries(
  choiceNames.map((name) => {
    const choice = choices[name];
    const one = z.enum(choice.def.innerType.options as readonly string[]);
    const usual = choice.parse(undefined);
    const description = globalRegistry.get(choice)?.description ?? "";
    return [name, (usual === undefined ? one.optional() : one.default(usual)).describe(description)];
  }),
) as unknown as Choices;
