import type { ResourceInputs, ResourceType } from "./types.ts";

/** One resource as the stacks declare it: inputs resolved, outputs invented or real. */
export interface Resource<Type extends string = string> {
  type: Type;
  /** Logical name. */
  name: string;
  inputs: Type extends ResourceType ? ResourceInputs[Type] : Record<string, unknown>;
  outputs: Record<string, unknown>;
  /** Kept in the account when it leaves the stack. */
  retained: boolean;
}

/** What SST asks to be built for a function. */
export interface FunctionBuild {
  functionID: string;
  handler: string;
  copyFiles: { from: string; to: string }[];
  /** What SST puts into the archive that it uploads, beside the bundle; nothing under `sst dev`. */
  packed: { name: string; mode: number }[];
  links: Record<string, unknown>;
  /** What the links are encrypted with in the bundle. */
  encryptionKey?: string;
}

export interface Graph {
  app: { name: string; stage: string; removal: string; protect: boolean };
  resources: Resource[];
  builds: FunctionBuild[];
  /** What `run()` returns. */
  outputs: Record<string, unknown>;
}

/** All resources of one type, in the order of their creation. */
export function resourcesOf<Type extends ResourceType>(graph: Graph, type: Type): Resource<Type>[] {
  return graph.resources.filter((resource): resource is Resource<Type> => resource.type === type);
}

/** A resource's ARN. @throws Error when its type has none. */
export function arnOf(resource: Pick<Resource, "name" | "outputs">): string {
  const { arn } = resource.outputs;
  if (typeof arn !== "string") throw new Error(`${resource.name} has no ARN`);
  return arn;
}

export interface Statement {
  Effect: "Allow" | "Deny";
  Action: string | string[];
  Resource: string | string[];
  Principal?: "*" | Record<string, string | string[]>;
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** The statements of a policy document. */
export function statementsOf(policy: string): Statement[] {
  return (JSON.parse(policy) as { Statement: Statement[] }).Statement;
}

/** A policy field that may hold one value or several. */
export function listOf<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
