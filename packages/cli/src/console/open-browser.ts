import { spawn } from "node:child_process";

/** The program that shows an address to whoever sits here; undefined where nobody can look. */
function browserCommand(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string[] | undefined {
  if (env.BROWSER) return [env.BROWSER];
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ["xdg-open"] : undefined;
}

/** Whoever has no browser here opens the address that was printed. */
export function openBrowser(url: string): void {
  const [program, ...args] = browserCommand(process.platform, process.env) ?? [];
  if (program === undefined) return;
  const child = spawn(program, [...args, url], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}
