import { readdir, readFile } from "node:fs/promises";

/** Ends the processes that run a function just now, without a warning: a crash. @returns how many there were. */
export async function killWorkers(account: string, functionName: string): Promise<number> {
  const killed = await Promise.all(
    (await readdir("/proc")).map(async (pid) => {
      if (!/^\d+$/.test(pid)) return false;
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      const variables = environment.split("\0");
      const ours = [`AWS_LAMBDA_FUNCTION_NAME=${functionName}`].every((variable) => variables.includes(variable));
      if (!ours || !variables.some((v) => v.startsWith("_LAMBDA_FUNCTION_ARN=") && v.includes(`:${account}:`)))
        return false;
      process.kill(Number(pid), "SIGKILL");
      return true;
    }),
  );
  return killed.filter(Boolean).length;
}
