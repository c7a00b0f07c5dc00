import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readSettings, type Settings } from "@camclips/events";

export { sampleRequest } from "./sample-events.ts";

/** Sample values and servers for the tests of this package. Not part of the product. */

export const testSettings = (changes: Partial<Record<keyof Settings, string>> = {}): Settings =>
  readSettings({
    CAM_SERVICES_URL: "https://cams.test.com",
    RECORDINGS_URL: "https://recordings.test.com",
    CLIP_URL: "https://camclips.sandbox.test.com",
    S3_BUCKET_ORIGIN: "recordings",
    ...changes,
  });

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[];
}

/** An HTTP server on loopback that keeps what it was asked. */
export async function startServer(
  answer: (request: IncomingMessage & { body: string }, response: ServerResponse) => void,
): Promise<TestServer> {
  const requests: TestServer["requests"] = [];
  const listener: RequestListener = async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString("utf8");
    requests.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
    answer(Object.assign(request, { body }), response);
  };
  const server = createServer((request, response) => void Promise.resolve(listener(request, response)).catch(() => {}));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
