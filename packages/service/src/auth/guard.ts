import { createHash, timingSafeEqual } from "node:crypto";
import type { Config } from "@camclips/recordings";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { Problem } from "../http/problem.ts";
import { RateLimit } from "./rate-limit.ts";
import type { Signer } from "./signed.ts";

type Scope = Config["tokens"][number]["scope"];

/** Each includes those before it. */
const SCOPES: readonly Scope[] = ["view", "request", "administer"];

export const SESSION_COOKIE = "camclips_session";
const SESSION = "session";

/** Also as `localhost` and its like, so that a foreign site's name that leads here is refused (DNS rebinding). */
const OWN_HOST = /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/i;

export interface GuardOptions {
  tokens: Config["tokens"];
  allowOrigins: readonly string[];
  signer: Signer;
  now(): number;
}

export interface Guard {
  /** For every route: who calls, and whether as often as that. */
  identify: MiddlewareHandler;
  /** For one route. */
  needs(scope: Scope): MiddlewareHandler;
  /** @returns the token's name; undefined for one that nobody has. */
  login(token: string): string | undefined;
  readonly open: boolean;
}

/** Who may do what. Without tokens, whoever reaches the service: it is on this machine's own address then. */
export function createGuard({ tokens, allowOrigins, signer, now }: GuardOptions): Guard {
  const open = tokens.length === 0;
  const limit = new RateLimit(now);
  const named = (name: string | undefined) => tokens.find((token) => token.name === name);

  const callerOf = (context: Context): Config["tokens"][number] | undefined => {
    const bearer = /^Bearer (.+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
    if (bearer !== undefined) return tokens.find(({ sha256 }) => isHashOf(bearer, sha256));
    const [name = "", signature = ""] = splitOnce(getCookie(context, SESSION_COOKIE) ?? "", ":");
    return signer.verify([SESSION, name], signature, now()) ? named(name) : undefined;
  };

  return {
    open,
    async identify(context, next) {
      if (open && !OWN_HOST.test(context.req.header("host") ?? ""))
        throw new Problem(421, "this service answers to this machine's own names only");
      refuseForeignPages(context, allowOrigins);
      const caller = open ? undefined : callerOf(context);
      const identity = caller?.name ?? getConnInfo(context).remote.address ?? "";
      const waitSeconds = limit.take(identity);
      if (waitSeconds > 0)
        throw new Problem(429, "too many calls", { headers: { "retry-after": String(Math.ceil(waitSeconds)) } });
      context.set("scope", open ? "administer" : caller?.scope);
      await next();
    },
    needs: (scope) => async (context, next) => {
      const has = context.get("scope") as Scope | undefined;
      if (!has)
        throw new Problem(401, "a token is needed: Authorization: Bearer TOKEN", {
          headers: { "www-authenticate": 'Bearer realm="camclips"' },
        });
      if (SCOPES.indexOf(has) < SCOPES.indexOf(scope))
        throw new Problem(403, `this token may ${has}; a token of scope ${scope} is needed`);
      await next();
    },
    login: (token) => tokens.find(({ sha256 }) => isHashOf(token, sha256))?.name,
  };
}

/** A page of another site must not act with the cookie, or the address, of whoever looks at it. */
function refuseForeignPages(context: Context, allowOrigins: readonly string[]): void {
  if (["GET", "HEAD", "OPTIONS"].includes(context.req.method)) return;
  const origin = context.req.header("origin");
  if (origin === undefined || allowOrigins.includes(origin)) return;
  const own = URL.parse(origin)?.host;
  if (own === undefined || own !== context.req.header("host"))
    throw new Problem(403, `pages of ${origin.slice(0, 100)} may not do this`);
}

export const sessionOf = (name: string, signer: Signer, untilMs: number): string =>
  `${name}:${signer.sign([SESSION, name], untilMs)}`;

function isHashOf(token: string, sha256: string): boolean {
  return timingSafeEqual(createHash("sha256").update(token).digest(), Buffer.from(sha256, "hex"));
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
