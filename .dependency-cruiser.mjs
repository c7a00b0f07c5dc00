export default {
  forbidden: [
    {
      name: "t",
      severity: "error",
      from: { path: "^packages/core" },
      to: { path: "^packages/events", reachable: true },
    },
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
      extensions: [".ts", ".js", ".mjs", ".json"],
    },
  },
};
