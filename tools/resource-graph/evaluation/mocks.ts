import type { Resource } from "../graph/graph.ts";
import { callProvider, type Place } from "./provider-calls.ts";

export type CreateResource = (
  resource: { type: string; name: string; inputs: Record<string, unknown> },
  place: Place,
) => Promise<{ id: string; outputs: Record<string, unknown> }> | { id: string; outputs: Record<string, unknown> };

interface NewResource {
  type: string;
  name: string;
  inputs: unknown;
  id?: string;
  custom?: boolean;
}

/** Marks a secret on Pulumi's wire. */
const SECRET = "4dabf18193072939515e22adb298388d";

/** Pulumi's mocks: every resource that is declared goes into `resources`, in the order of creation. */
export function mocks(evaluation: Place & { createResource: CreateResource }, resources: Resource[]) {
  const { account, region, createResource } = evaluation;
  return {
    async newResource({ type, name, inputs, id, custom }: NewResource) {
      const resolved = unwrap(inputs) as Record<string, unknown>;
      // Components (of SST and Pulumi) only group resources.
      if (!custom || type.startsWith("pulumi:") || type.startsWith("sst:")) return { id: undefined, state: inputs };
      if (id) return { id, state: resolved };
      const created = await createResource({ type, name, inputs: resolved }, { account, region });
      const outputs = { ...resolved, ...created.outputs };
      resources.push({ type, name, inputs: resolved, outputs, retained: false });
      return { id: created.id, state: outputs };
    },
    call({ token, inputs }: { token: string; inputs: unknown }) {
      return callProvider(token, unwrap(inputs) as Record<string, unknown>, { account, region });
    },
  };
}

/** Takes secrets out of their wire form. */
export function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null || "__pulumiAsset" in value || "__pulumiArchive" in value)
    return value;
  if (SECRET in value && "value" in value) return unwrap(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)]));
}
