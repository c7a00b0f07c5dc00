import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type LocalCamera, listRecordings } from "./cameras.ts";

export interface PutCall {
  clipId: string;
  body: { status: string } & Record<string, unknown>;
}

export interface LocalCameraService extends AsyncDisposable {
  readonly url: string;
  /** Every PUT that was taken, in order. */
  readonly puts: readonly PutCall[];
  /** Answers instead of the service until it is set to undefined: outages. Returns whether it answered. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
}

export interface LocalCameraServiceOptions {
  cameras: ReadonlyMap<string, LocalCamera>;
  /** 0 (default): any free port. */
  port?: number;
}

/** A small real HTTP camera service (contract, section 2) for `camclips invoke`, tests and benches. Loopback only. */
export async function startCameraService({
  cameras,
  port = 0,
}: LocalCameraServiceOptions): Promise<LocalCameraService> {
  const puts: PutCall[] = [];
  const server = createServer((request, response) => {
    if (service.intercept?.(request, response)) return;
    answer(request, cameras, puts).then(
      ([status, body]) => send(response, status, body),
      (error: unknown) => send(response, 500, { error: String(error) }),
    );
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject).listen(port, "127.0.0.1", listening.resolve);
  await listening.promise;
  const service: LocalCameraService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    puts,
    intercept: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return service;
}

type Answer = [status: number, body: unknown];

async function answer(
  request: IncomingMessage,
  cameras: ReadonlyMap<string, LocalCamera>,
  puts: PutCall[],
): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const [, first, second, third] = pathname.split("/").map(decodeURIComponent);
  if (first !== "cameras" || second === undefined) return [404, { error: "no such resource" }];
  if (request.method === "PUT" && second === "clips" && third) {
    puts.push({ clipId: third, body: JSON.parse(await textOf(request)) });
    return [200, {}];
  }
  if (request.method === "GET" && second === "recording" && third) {
    const camera = [...cameras.values()].find(({ alias }) => alias === third);
    const [start, end] = [Number(searchParams.get("startDate")), Number(searchParams.get("endDate"))];
    return camera ? [200, await listRecordings(camera, start, end)] : [404, { error: `no camera with alias ${third}` }];
  }
  const camera = cameras.get(second);
  return camera ? [200, { alias: camera.alias }] : [404, { error: `no camera ${second}` }];
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>);
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
