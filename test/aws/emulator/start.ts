import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { installEmulator } from "./install.ts";

export interface Emulator extends AsyncDisposable {
  endpoint: string;
  /** The certificate to trust, PEM; none for an emulator that was there before. */
  certificate?: string;
  /** Its process, whose children run the functions; none for an emulator that was there before. */
  pid?: number | undefined;
}

const START_LIMIT_MS = 30_000;

/**
 * Starts the emulator on a free port, over TLS and with IAM in force: what the stacks' policies do not allow is refused,
 * as on AWS. With AWS_ENDPOINT_URL set, the emulator behind it is used as it is.
 */
export async function startEmulator(): Promise<Emulator> {
  const { AWS_ENDPOINT_URL } = process.env;
  if (AWS_ENDPOINT_URL) return { endpoint: AWS_ENDPOINT_URL, [Symbol.asyncDispose]: async () => {} };
  const command = await installEmulator();
  const folder = await mkdtemp(join(tmpdir(), "camclips-emulator-"));
  const port = await freePort();
  const child = spawn(command, [], {
    env: environment(port, folder),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const output = keepTail(child);
  const endAtExit = () => signalGroup(child, "SIGKILL");
  process.once("exit", endAtExit);
  const dispose = async () => {
    process.off("exit", endAtExit);
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const certificate = await ready(child, port, folder);
    return { endpoint: `https://localhost:${port}`, certificate, pid: child.pid, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw new Error(`the emulator did not start:\n${output()}`, { cause: error });
  }
}

function environment(port: number, folder: string): NodeJS.ProcessEnv {
  return {
    // Functions run in the first `node` of the PATH: the one that runs us.
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    HOME: folder,
    TMPDIR: folder,
    BIND_HOST: "127.0.0.1",
    GATEWAY_PORT: String(port),
    MINISTACK_HOST: "localhost",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AUTH: "true",
    USE_SSL: "1",
    LOG_LEVEL: "WARNING",
  };
}

/** Waits until the port answers; the certificate exists by then. */
async function ready(child: ChildProcess, port: number, folder: string): Promise<string> {
  const deadline = Date.now() + START_LIMIT_MS;
  let cause: unknown;
  while (Date.now() < deadline && child.exitCode === null) {
    try {
      const certificate = await readFile(join(folder, "ministack-tls/server.crt"), "utf8");
      await connects(port);
      return certificate;
    } catch (error) {
      cause = error;
      await sleep(100);
    }
  }
  throw cause ?? new Error(`it ended with ${child.exitCode}`);
}

async function connects(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.destroy();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

/** The emulator leads a process group: its workers end with it. */
function signalGroup({ pid, exitCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined && exitCode === null) process.kill(-pid, signal);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, "exit");
  signalGroup(child, "SIGTERM");
  const inTime = await Promise.race([exited.then(() => true), sleep(3_000, false)]);
  if (!inTime) signalGroup(child, "SIGKILL");
}

function keepTail(child: ChildProcess): () => string {
  let tail = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      tail = (tail + chunk.toString()).slice(-20_000);
    });
  }
  return () => tail;
}
