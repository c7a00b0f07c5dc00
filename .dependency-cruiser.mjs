/** Who may know whom (docs/architecture.md), checked. */
const TESTS = "\\.test\\.ts$|^packages/testing/";
const CLIENTS = "node_modules/(@aws-sdk|@smithy|@aws-lambda-powertools|@middy|sst)/";

/** A room of packages/ and the rooms, besides itself, that it must not import. */
const room = (name, mayKnow, comment) => ({
  name: `${name}-knows-${mayKnow.join("-and-") || "nothing"}`,
  comment,
  severity: "error",
  from: { path: `^packages/${name}/src`, pathNot: TESTS },
  to: { path: `^packages/(?!${[name, ...mayKnow].join("/|")}/)` },
});

export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    room("events", [], "The contract: data and schemas."),
    room("mp4", [], "Usable by strangers, without the rest of camclips."),
    room("containers", ["mp4"], "Usable by strangers, too: the other containers, by ranges."),
    room("media", ["events", "mp4"], "Cuts files; it does not know where they come from."),
    room("core", ["events", "recordings"], "The domain and its ports; adapters implement them."),
    room("recordings", ["events"], "What files are called, and the configuration; it knows no pipeline."),
    room("evidence", ["core", "events", "mp4"], "Signed manifests, and verifying them; works offline."),
    room("aws", ["core", "events"], "Adapters; clients come in from the composition root."),
    room("functions", ["aws", "containers", "core", "events", "evidence", "media", "mp4"]),
    room("local", ["containers", "core", "events", "functions", "media", "mp4", "recordings"]),
    room("service", ["core", "events", "functions", "local", "media", "recordings"], "HTTP on the embedded runtime."),
    room("cli", ["aws", "core", "events", "evidence", "functions", "local", "media", "mp4", "recordings", "service"]),
    {
      name: "readers-and-media-use-no-package",
      comment: "Node alone, so that the reader can be taken out and the engine stays small.",
      severity: "error",
      from: { path: "^packages/(mp4|containers|media)/src", pathNot: TESTS },
      to: { path: "node_modules/(?!@camclips/)" },
    },
    {
      name: "events-use-zod-only",
      severity: "error",
      from: { path: "^packages/events/src", pathNot: TESTS },
      to: { path: "node_modules/(?!zod/)" },
    },
    {
      name: "core-uses-zod-only",
      severity: "error",
      from: { path: "^packages/core/src", pathNot: TESTS },
      to: { path: "node_modules/(?!zod/|@camclips/)" },
    },
    {
      name: "stacks-know-events-only",
      comment:
        "Infrastructure is generated from the pipeline table; it must not run the application's code. It looks at the program it packs, or under sst dev for one.",
      severity: "error",
      from: { path: "^stacks", pathNot: "\\.test\\.ts$" },
      to: {
        path: "^packages/(?!events|recordings/src/(layout|video)|media/src/(ffmpeg/find/(executable|find-ffmpeg)|code-version))",
      },
    },
    {
      name: "stages-know-ports-only",
      comment: "A stage sees no client; only lambda/ wires it to AWS.",
      severity: "error",
      from: { path: "^packages/functions/src/(?!lambda/)", pathNot: TESTS },
      to: { path: ["^packages/(aws|local|cli)", CLIENTS] },
    },
    {
      name: "stages-know-no-media",
      comment: "A stage says what happens when; sources/ reads and cuts recordings for it.",
      severity: "error",
      from: { path: "^packages/functions/src/(stages|runtime/(?!deps))", pathNot: TESTS },
      to: { path: "^packages/(mp4|media)/" },
    },
    {
      name: "ffmpeg-only-in-render-functions",
      comment: "ffmpeg is 80 MB and runs foreign media: no other function's bundle may reach it.",
      severity: "error",
      from: {
        path: "^packages/functions/src/(?!stages/render-clip|stages/render-thumbnails|lambda/connect-media|lambda/connect-pictures|lambda/engine-settings)",
        pathNot: TESTS,
      },
      to: {
        path: "^packages/media/src/(engine|cut-engine|picture-engine|ffmpeg/|exact/|cut/|verify/|thumbnails/)",
        reachable: true,
      },
    },
    {
      name: "no-test-kit-in-production",
      severity: "error",
      from: { path: "^(packages/(?!testing)[^/]+/src|stacks)", pathNot: "\\.test\\.ts$" },
      to: { path: "^packages/testing/" },
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
