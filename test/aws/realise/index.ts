import type { CreateResource } from "../../../tools/resource-graph/evaluation/mocks.ts";
import { computeCreators } from "./compute.ts";
import { messagingCreators } from "./messaging.ts";
import { storageCreators } from "./storage.ts";
import type { Create, Realisation } from "./types.ts";

const creators: Partial<Record<string, unknown>> = {
  ...storageCreators,
  ...messagingCreators,
  ...computeCreators,
  "random:index/randomBytes:RandomBytes": async ({ length }: { length: number }) => ({
    base64: Buffer.alloc(length, 7).toString("base64"),
  }),
};

/**
 * Creates every resource of the graph on the emulator, in the order in which Pulumi resolves their inputs.
 * @throws Error for a type that it cannot create: nothing is left out in silence.
 */
export function realise(place: Realisation): CreateResource {
  return async ({ type, name, inputs }) => {
    const create = creators[type] as Create<"aws:s3/bucket:Bucket"> | undefined;
    if (!create) throw new Error(`The emulator harness cannot create ${type} (${name})`);
    try {
      return { id: name, outputs: await create(inputs as never, place, name) };
    } catch (error) {
      throw new Error(`${name} (${type}): ${error}`, { cause: error });
    }
  };
}
