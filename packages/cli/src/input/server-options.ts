import { InvalidArgumentError, Option } from "commander";

/** The token for a service that needs one. */
export const TOKEN_VARIABLE = "CAMCLIPS_TOKEN";

export const serverOption = (description = "a running service, such as http://127.0.0.1:8420") =>
  new Option("--server <url>", description).argParser(parseServer);

export const tokenOption = () =>
  new Option("--token <token>", "for a service that needs one (other users of the machine may see arguments)").env(
    TOKEN_VARIABLE,
  );

/** A service's address. @throws InvalidArgumentError */
function parseServer(text: string): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol)) return text.replace(/\/+$/, "");
  throw new InvalidArgumentError(`"${text}" is no address, such as http://127.0.0.1:8420.`);
}
