import packageJson from "../package.json" with { type: "json" };
import { addCameraService } from "./api/camera-service.ts";
import { addCameras } from "./api/cameras.ts";
import { addClipEvents } from "./api/clip-events.ts";
import { addClipFiles } from "./api/clip-files.ts";
import { addClips } from "./api/clips.ts";
import { documentationPage } from "./api/documentation.ts";
import { addGroupList } from "./api/group-list.ts";
import { addGroupZip } from "./api/group-zip.ts";
import { addGroups } from "./api/groups.ts";
import { addOperations } from "./api/operations.ts";
import { addOperator } from "./api/operator.ts";
import type { Api } from "./api/route.ts";
import { createBaseApp } from "./http/base-app.ts";
import { consoleFile } from "./http/console-files.ts";
import type { Site } from "./site.ts";

/** The whole HTTP interface: API, its documentation, and the console. @param onError is told of what was not foreseen. */
export function createApp(site: Site, onError: (error: unknown) => void): Api {
  const { config, signer, clock } = site;
  const { allowOrigins, tokens } = config;
  const about = { name: "this machine", shows: ["timeline", "api", "links"] as const };
  const { app, guard } = createBaseApp({ tokens, allowOrigins, signer, now: clock.now }, about, onError);
  for (const add of [
    addClips,
    addClipEvents,
    addClipFiles,
    addGroups,
    addGroupZip,
    addCameraService,
    addCameras,
    addOperations,
  ])
    add(app, site, guard);
  addGroupList(app, site.runtime.desk, guard);
  addOperator(app, site.runtime.desk, guard);
  addDocumentation(app);
  app.get("/*", (context) => consoleFile(context.req.raw));
  return app;
}

function addDocumentation(app: Api): void {
  const document = () =>
    app.getOpenAPI31Document({
      openapi: "3.1.0",
      info: {
        title: "camclips",
        version: packageJson.version,
        description: "Exact wall-clock clips out of camera recordings. Every error is a problem of RFC 9457.",
      },
      security: [{ token: [] }],
    });
  app.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  app.get("/openapi.json", (context) => context.json(document()));
  app.get("/docs", (context) => context.html(documentationPage(document() as Parameters<typeof documentationPage>[0])));
}
