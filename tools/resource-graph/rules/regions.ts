import { arnOf, resourcesOf } from "../graph/graph.ts";
import { expectThat, type GraphRule } from "./rule.ts";

/** SST ends names that it makes itself in eight letters by chance. */
const BY_CHANCE = /-[a-z]{8}$/;

/** Roles, dashboards and access controls have names that all regions of an account share: a second region would find them taken. */
export const sharedNamesHoldTheRegion: GraphRule = (graph) => {
  const [region = ""] = resourcesOf(graph, "aws:cloudwatch/eventBus:EventBus").map((bus) => arnOf(bus).split(":")[3]);
  const names = [
    ...resourcesOf(graph, "aws:iam/role:Role").map(({ inputs }) => inputs.name),
    ...resourcesOf(graph, "aws:cloudwatch/dashboard:Dashboard").map(({ inputs }) => inputs.dashboardName),
    ...resourcesOf(graph, "aws:cloudfront/originAccessControl:OriginAccessControl").map(({ inputs }) => inputs.name),
  ];
  return names.flatMap((name) =>
    expectThat(name.endsWith(`-${region}`) || BY_CHANCE.test(name), `${name} is taken in the account's other regions`),
  );
};
