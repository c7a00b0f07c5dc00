import { UsageError } from "../exit-codes.ts";
import { TOKEN_VARIABLE } from "../input/server-options.ts";

/** A running service, and the token for one that needs it. */
export interface Server {
  url: string;
  token?: string | undefined;
}

/** What a service said against a call. */
export class ServerRefusal extends UsageError {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Calls a running service.
 * @throws ServerRefusal; UsageError when none answers.
 */
export async function callServer(
  { url, token }: Server,
  path: string,
  { method = "GET", body }: { method?: string; body?: unknown } = {},
): Promise<unknown> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((error: Error) => {
    const why = (error.cause as Error | undefined)?.message || error.message;
    throw new UsageError(`no service answers at ${url}: ${why}; "camclips serve" runs one`);
  });
  if (answer.ok) return answer.json();
  const { detail } = (await answer.json().catch(() => ({}))) as { detail?: string };
  const hint = answer.status === 401 ? ` (--token, or ${TOKEN_VARIABLE} in the environment)` : "";
  throw new ServerRefusal(
    answer.status,
    `${url} refuses it: ${detail ?? `${answer.status} ${answer.statusText}`}${hint}`,
  );
}
