/// <reference path="./.sst/platform/config.d.ts" />

export default $config({
  async app({ stage }) {
    const { profileOf } = await import("./stacks/profile.ts");
    const { removal, protect } = profileOf(stage ?? "");
    // The region is the AWS profile's (or AWS_REGION's): SST's own rule.
    return { name: "camclips", home: "aws", removal, protect };
  },
  async run() {
    const { deployStage } = await import("./stacks/index.ts");
    return deployStage();
  },
});
