import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Api } from "../api/route.ts";

export interface Listening {
  url: string;
  /** Takes no more calls; those under way have a moment to end. */
  close(): Promise<void>;
}

/**
 * What somebody may take for a call's headers, and for all of it: slow clients must not hold connections for good. They are
 * looked for so often.
 */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 60_000, connectionsCheckingInterval: 5_000 };
const MAX_CONNECTIONS = 1000;
const LAST_MS = 2_000;

/** @param address HOST:PORT; port 0 takes any that is free. */
export async function listen(app: Pick<Api, "fetch">, address: string, serverOptions = LIMITS): Promise<Listening> {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false, serverOptions }) as Server;
  server.maxConnections = MAX_CONNECTIONS;
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject).listen(Number(address.slice(colon + 1)), host, listening.resolve);
  await listening.promise;
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      // Those who follow events would stay for ever; they come back and resume.
      const last = setTimeout(() => server.closeAllConnections(), LAST_MS);
      await closed;
      clearTimeout(last);
    },
  };
}
