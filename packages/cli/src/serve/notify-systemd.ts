import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Tells systemd how far the service is, where systemd started it. Node has no datagram sockets of its own for that. */
export async function notifySystemd(state: "--ready" | "--stopping", environment: NodeJS.ProcessEnv): Promise<void> {
  if (!environment.NOTIFY_SOCKET) return;
  await run("systemd-notify", [state], { env: environment, timeout: 5000 });
}
