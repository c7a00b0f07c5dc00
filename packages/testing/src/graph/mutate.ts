import { type Graph, type Resource, resourcesOf } from "../../../../tools/resource-graph/graph/graph.ts";
import type { ResourceInputs, ResourceType } from "../../../../tools/resource-graph/graph/types.ts";

/** Test material: ways to break a graph in place. Each throws when there is nothing to break. */

export function remove(graph: Graph, name: RegExp): void {
  const kept = graph.resources.filter((resource) => !name.test(resource.name));
  if (kept.length === graph.resources.length) throw new Error(`no resource is called ${name}`);
  graph.resources = kept;
}

export function edit<Type extends ResourceType>(
  graph: Graph,
  type: Type,
  name: RegExp,
  change: (inputs: ResourceInputs[Type]) => void,
): void {
  const found = resourcesOf(graph, type).find((resource) => name.test(resource.name)) as Resource<Type> | undefined;
  if (!found) throw new Error(`no ${type} is called ${name}`);
  change(found.inputs as ResourceInputs[Type]);
}

export function allow(graph: Graph, roleName: RegExp, Action: string, Resource: string): void {
  edit(graph, "aws:iam/role:Role", roleName, (role) => {
    role.inlinePolicies.push({
      name: "mutation",
      policy: JSON.stringify({ Statement: [{ Effect: "Allow", Action, Resource }] }),
    });
  });
}

/** What a function's archive holds. */
export function packedFor(graph: Graph, functionID: string): { name: string; mode: number }[] {
  const build = graph.builds.find((build) => build.functionID === functionID);
  if (!build) throw new Error(`no function is called ${functionID}`);
  return build.packed;
}
