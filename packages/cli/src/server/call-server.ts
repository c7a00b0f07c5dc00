import { UsageError } from "../exit-codes.ts";

/** The token for a service that needs one. */
const TOKEN = "CAMCLIPS_TOKEN";

/**
 * Calls a running service. @param server its address.
 * @throws UsageError with what it said against the call.
 */
export async function callServer(
  server: string,
  path: string,
  { method = "GET", body }: { method?: string; body?: unknown } = {},
): Promise<unknown> {
  const token = process.env[TOKEN];
  const answer = await fetch(`${server}${path}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((error: Error) => {
    const why = (error.cause as Error | undefined)?.message || error.message;
    throw new UsageError(`no service answers at ${server}: ${why}; "camclips serve" runs one`);
  });
  if (answer.ok) return answer.json();
  const { detail } = (await answer.json().catch(() => ({}))) as { detail?: string };
  const hint = answer.status === 401 ? ` (in the environment: ${TOKEN})` : "";
  throw new UsageError(`${server} refuses it: ${detail ?? `${answer.status} ${answer.statusText}`}${hint}`);
}
