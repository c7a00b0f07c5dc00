import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { text } from "node:stream/consumers";
import type { FunctionBuild } from "../graph/graph.ts";

export interface RpcServer {
  url: string;
  close(): void;
}

interface Answers {
  account: string;
  builds: FunctionBuild[];
  buildFunction(build: FunctionBuild, emptyFolder: string): Promise<string>;
}

/** Stands in for the SST CLI, to which SST's components talk while they run. */
export async function startRpcServer(work: string, answers: Answers): Promise<RpcServer> {
  const server = createServer(async (request, response) => {
    const { method, params } = JSON.parse(await text(request));
    const answer = await respond(method, params[0], work, answers).then(
      (result) => ({ result, error: null }),
      (error: Error) => ({ error: error.message }),
    );
    response.end(JSON.stringify(answer));
  });
  // On a busy machine a connection is taken up again just as it would be closed for idleness: "socket hang up".
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

async function respond(method: string, input: FunctionBuild, work: string, { account, ...answers }: Answers) {
  switch (method) {
    case "Provider.Aws.Bootstrap":
      return { version: 0, asset: "sst-asset", state: "sst-state", assetEcrRegistryId: account, assetEcrUrl: "" };
    case "Provider.Aws.Appsync":
      return { http: "", realtime: "" };
    // Under `sst dev` the function runs here, so nothing is built; the CLI is told of it.
    case "Runtime.AddTarget":
      answers.builds.push({ ...input, copyFiles: input.copyFiles ?? [], packed: [] });
      return true;
    case "Runtime.Build": {
      answers.builds.push({ ...input, copyFiles: input.copyFiles ?? [], packed: [] });
      // SST zips the folder that it is given: a folder of its own, never the project's root.
      const emptyFolder = join(work, "builds", input.functionID);
      await mkdir(emptyFolder, { recursive: true });
      const out = await answers.buildFunction(input, emptyFolder);
      return { handler: `bundle${extname(input.handler)}`, out, errors: [], sourcemaps: [] };
    }
    default:
      throw new Error(`rpc: can't find method ${method}`);
  }
}
