import type { ResourceInputs, ResourceType } from "../../../tools/resource-graph/graph/types.ts";
import type { AccountPlace, Clients } from "../clients.ts";

export interface Realisation extends AccountPlace {
  clients: Clients;
  /** The bucket that takes the functions' code. */
  assetBucket: string;
  /** Variables that every function gets on the emulator, besides its own. */
  functionEnvironment: Record<string, string>;
}

/** Creates one resource; returns its outputs. */
export type Create<Type extends ResourceType> = (
  inputs: ResourceInputs[Type],
  place: Realisation,
  logicalName: string,
) => Promise<Record<string, unknown>>;

export type Creators = { [Type in ResourceType]?: Create<Type> };
