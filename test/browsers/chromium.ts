import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, Commands, startBrowser, stopBrowser } from "./browser.ts";

const flags = [
  ...["--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio", "--remote-debugging-port=0"],
  "--autoplay-policy=no-user-gesture-required",
  // Nothing but the clips is asked for, so that it also runs where the outside cannot be reached.
  ...["--no-first-run", "--disable-quic", "--disable-background-networking", "--disable-component-update"],
  "--disable-sync",
];

/** Chromium, over the Chrome DevTools Protocol. */
export async function startChromium(program = "chromium"): Promise<Browser> {
  const args = (profile: string) => [...flags, `--user-data-dir=${profile}`, "about:blank"];
  const started = await startBrowser(program, args, /DevTools listening on (ws:\S+)/);
  const commands = await Commands.open(started.address);
  type Evaluated = { result: { value: string }; exceptionDetails?: unknown };
  const run = async (sessionId: string, expression: string) => {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await commands.send<Evaluated>("Runtime.evaluate", params, { sessionId });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  };
  return {
    name: "chromium",
    async evaluate(url, expression) {
      const { targetId } = await commands.send<{ targetId: string }>("Target.createTarget", { url });
      const attach = { targetId, flatten: true };
      const { sessionId } = await commands.send<{ sessionId: string }>("Target.attachToTarget", attach);
      const state = () => run(sessionId, "document.readyState + location.protocol");
      while ((await state()) !== "completehttp:") await sleep(50);
      const answer = await run(sessionId, expression);
      await commands.send("Target.closeTarget", { targetId });
      return answer;
    },
    async close() {
      await stopBrowser(started, () => commands.send("Browser.close", {}));
      commands.close();
    },
  };
}
