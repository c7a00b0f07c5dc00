export { type DeskConsole, startDeskConsole } from "./desk/desk-app.ts";
export type { LinkToClip, OpenFile } from "./desk/files.ts";
export { type Service, type ServiceOptions, startService } from "./service.ts";
