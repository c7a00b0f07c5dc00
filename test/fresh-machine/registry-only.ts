import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export interface Gate extends AsyncDisposable {
  /** Of the proxy that lets through to the registry alone. */
  readonly url: string;
  /** Hosts that were asked for and not given. */
  readonly refused: ReadonlySet<string>;
}

/**
 * A proxy that is the way to one host, and to no other. What does not ask a proxy gets past it: it shows what npm and the
 * install scripts want from the network, it is no wall.
 */
export async function openGate(registry: URL): Promise<Gate> {
  const refused = new Set<string>();
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    refused.add(request.url ?? "");
    response.writeHead(403).end("only the registry can be reached\n");
  });
  server.on("connect", (request: IncomingMessage, client: Socket, head: Buffer) => {
    client.on("error", () => client.destroy());
    const { hostname, port } = new URL(`https://${request.url}`);
    if (hostname !== registry.hostname) {
      refused.add(hostname);
      client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    const upstream = connect(Number(port || 443), hostname, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on("error", () => client.destroy());
    client.on("close", () => upstream.destroy());
    for (const socket of [client, upstream]) sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
