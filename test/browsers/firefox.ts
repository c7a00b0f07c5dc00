import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, Commands, startBrowser, stopBrowser } from "./browser.ts";

/** Without these it waits for a click before it plays, and asks its makers for updates. */
const preferences = [
  'user_pref("media.autoplay.default", 0);',
  'user_pref("app.update.enabled", false);',
  'user_pref("datareporting.policy.dataSubmissionEnabled", false);',
];

/** Firefox, over WebDriver BiDi. */
export async function startFirefox(program = "firefox-esr"): Promise<Browser> {
  const args = (profile: string) => ["--headless", "--remote-debugging-port", "0", "--profile", profile];
  const prepare = (profile: string) => writeFile(join(profile, "user.js"), preferences.join("\n"));
  const started = await startBrowser(program, args, /WebDriver BiDi listening on (ws:\S+)/, prepare);
  const commands = await Commands.open(`${started.address}/session`);
  await commands.send("session.new", { capabilities: {} });
  return {
    name: "firefox",
    async evaluate(url, expression) {
      const { context } = await commands.send<{ context: string }>("browsingContext.create", { type: "tab" });
      await commands.send("browsingContext.navigate", { context, url, wait: "complete" });
      const params = { expression, target: { context }, awaitPromise: true };
      type Evaluated = { result?: { value: string }; exceptionDetails?: { text: string } };
      const evaluated = await commands.send<Evaluated>("script.evaluate", params);
      await commands.send("browsingContext.close", { context });
      if (evaluated.result === undefined) throw new Error(evaluated.exceptionDetails?.text ?? "no result");
      return evaluated.result.value;
    },
    async close() {
      await stopBrowser(started, () => commands.send("browser.close", {}));
      commands.close();
    },
  };
}
