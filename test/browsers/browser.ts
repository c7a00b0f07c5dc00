import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A browser without a window that opens a page and runs a script in it. */
export interface Browser {
  name: string;
  /** Opens the page, evaluates the expression there, and awaits the string that it promises. */
  evaluate(url: string, expression: string): Promise<string>;
  close(): Promise<void>;
}

const START_MS = 60_000;
const ANSWER_MS = 180_000;
const END_MS = 10_000;

export interface Started {
  child: ChildProcess;
  profile: string;
  address: string;
}

/** Starts a browser with a profile of its own, and waits until it says where it listens. */
export async function startBrowser(
  program: string,
  args: (profile: string) => string[],
  listening: RegExp,
  prepare: (profile: string) => Promise<void> = async () => {},
): Promise<Started> {
  const profile = await mkdtemp(join(tmpdir(), "camclips-browser-"));
  await prepare(profile);
  const env = { ...process.env, HOME: profile };
  const child = spawn(program, args(profile), { detached: true, stdio: ["ignore", "ignore", "pipe"], env });
  try {
    return { child, profile, address: await whereItListens(child, program, listening) };
  } catch (error) {
    await stopBrowser({ child, profile, address: "" }, async () => child.kill());
    throw error;
  }
}

async function whereItListens(child: ChildProcess, program: string, listening: RegExp): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      let text = "";
      timer = setTimeout(() => reject(new Error(`${program} did not start\n${text}`)), START_MS);
      child.once("error", (cause: NodeJS.ErrnoException) => {
        const missing = `${program} is missing; on Debian: apt-get install -y chromium firefox-esr`;
        reject(cause.code === "ENOENT" ? new Error(missing, { cause }) : cause);
      });
      child.once("exit", () => reject(new Error(`${program} ended\n${text}`)));
      child.stderr?.on("data", (chunk) => {
        text += chunk;
        const found = listening.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      });
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Lets the browser end its own processes, some of which leave its group, and kills what has not gone by then. */
export async function stopBrowser({ child, profile }: Started, askToEnd: () => Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const ended = once(child, "exit");
    askToEnd().catch(() => {});
    await Promise.race([ended, sleep(END_MS)]);
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL");
    await ended;
  }
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}

type Message = { id?: number; result?: unknown; error?: unknown };

/** Commands over a web socket: the form that the Chrome DevTools Protocol and WebDriver BiDi share. */
export class Commands {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const message: Message = JSON.parse(String(data));
      if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
    });
  }

  static async open(address: string): Promise<Commands> {
    const socket = new WebSocket(address);
    await once(socket, "open");
    return new Commands(socket);
  }

  async send<T>(method: string, params: object, more: object = {}): Promise<T> {
    const id = ++this.#last;
    const answered = new Promise<Message>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${method}`)), ANSWER_MS);
      this.#waiting.set(id, (message) => {
        clearTimeout(timer);
        resolve(message);
      });
    });
    this.#socket.send(JSON.stringify({ id, method, params, ...more }));
    const { result, error, ...rest } = await answered;
    this.#waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)} ${JSON.stringify(rest)}`);
    return result as T;
  }

  close(): void {
    this.#socket.close();
  }
}
