/** The rules of docs/decisions/0001-repository-shape.md, checked: who may know whom. */
const TESTS = "\\.test\\.ts$|/testing[^/]*(\\.ts|/)";

export default {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "events-know-zod-only",
      severity: "error",
      from: { path: "^packages/events/src", pathNot: TESTS },
      to: { path: ["^packages/(?!events)", "node_modules/(?!zod/)"] },
    },
    {
      name: "stacks-know-events-only",
      comment: "Infrastructure is generated from the pipeline table; it must not run the application's code.",
      severity: "error",
      from: { path: "^stacks", pathNot: "\\.test\\.ts$" },
      to: { path: "^packages/(?!events)" },
    },
    {
      name: "core-knows-no-platform",
      severity: "error",
      from: { path: "^packages/core/src", pathNot: TESTS },
      to: {
        path: [
          "^packages/(functions|local|cli)",
          "node_modules/(sst|@middy|@aws-lambda-powertools|@types/aws-lambda)/",
        ],
      },
    },
    {
      name: "domain-knows-no-aws",
      comment: "The AWS SDK is used by its adapters alone; clients come in from the composition roots.",
      severity: "error",
      from: { path: "^packages/core/src", pathNot: `^packages/core/src/aws/|${TESTS}` },
      to: { path: "node_modules/@aws-sdk/" },
    },
    {
      name: "stages-know-ports-only",
      severity: "error",
      from: { path: "^packages/functions/src", pathNot: `/(connect|connect-media|lambda)\\.ts$|${TESTS}` },
      to: {
        path: ["^packages/(core/src/aws|local|cli)", "node_modules/(@aws-sdk|sst|@aws-lambda-powertools|@middy)/"],
      },
    },
    {
      name: "ffmpeg-only-in-render-functions",
      comment: "ffmpeg is 80 MB and runs foreign media: no other function's bundle may reach it.",
      severity: "error",
      from: {
        path: "^packages/functions/src/(?!render-clip|render-thumbnails|connect-media)[^/]+\\.ts$",
        pathNot: "\\.test\\.ts$",
      },
      to: { path: "^packages/core/src/media/ffmpeg/", reachable: true },
    },
    {
      name: "ffmpeg-only-behind-its-door",
      severity: "error",
      from: { path: "^packages/core/src", pathNot: `^packages/core/src/media/ffmpeg/|${TESTS}` },
      to: { path: "^packages/core/src/media/ffmpeg/" },
    },
    {
      name: "local-knows-no-cli",
      severity: "error",
      from: { path: "^packages/local" },
      to: { path: "^packages/cli" },
    },
    {
      name: "no-test-kit-in-production",
      severity: "error",
      from: { path: "^packages/(events|core|functions)/src", pathNot: TESTS },
      to: { path: "/testing[^/]*(\\.ts|/)" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
      extensions: [".ts", ".mjs", ".js", ".json"],
    },
  },
};
