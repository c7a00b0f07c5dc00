import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { KeySet, PublicKey } from "@camclips/evidence/keys";
import { Argument, type Command, Option } from "commander";
import { DEFAULT_FOLDER, keyFile, keysFile, makeKey, readKeys, writeKeys } from "../evidence/key-folder.ts";
import { UsageError } from "../exit-codes.ts";
import { isKeyArn } from "../input/evidence-key.ts";
import { parseInstant } from "../input/instant.ts";
import { Subcommand } from "../subcommand.ts";

const help = `
With EVIDENCE_KEY=${DEFAULT_FOLDER}/key.pem (or the ARN of a P-256 key in KMS), every clip gets a signed manifest beside it; "camclips verify" checks it.
The private key signs: keep it to yourself. The list of public keys is for whoever verifies: give it away, over a way that is trusted.

  init          make a key and its list
  rotate        make a new key; the old one stays in the list, so that its signatures go on to count
  add KEY       put a key into the list: a file (PEM, JWK) or the ARN of a key in KMS
  revoke KID    say in the list that a key counts no more: from now on (superseded), or for anything (compromised)
  list          print the list (JWKS)

Examples:
  camclips evidence init
  EVIDENCE_KEY=${DEFAULT_FOLDER}/key.pem camclips clip --recordings . --camera harbour --start 2018-10-31T02:52:10Z --duration 1m
  camclips evidence add arn:aws:kms:eu-west-1:123456789012:key/5b1c...
  camclips evidence rotate
  camclips evidence revoke Zt1sIoW0... --reason compromised`;

interface Options {
  folder: string;
  reason: "superseded" | "compromised";
  at?: number;
}

const actions: Record<string, (options: Options, argument: string | undefined) => Promise<void>> = {
  async init({ folder }) {
    if (existsSync(keyFile(folder)))
      throw new UsageError(`${keyFile(folder)} is there already; "camclips evidence rotate" makes a new key`);
    const key = await makeKey(folder, existsSync(keysFile(folder)) ? await readKeys(keysFile(folder)) : { keys: [] });
    tell(folder, key);
  },
  async rotate({ folder }) {
    const key = await makeKey(folder, await readKeys(keysFile(folder)));
    tell(folder, key);
    process.stdout.write("a service that runs takes it up when it is started again\n");
  },
  async add({ folder }, named) {
    if (named === undefined) throw new UsageError("add: say which key, a file or the ARN of a key in KMS");
    const keys: KeySet = existsSync(keysFile(folder)) ? await readKeys(keysFile(folder)) : { keys: [] };
    const key = await publicKeyNamed(named);
    const others = keys.keys.filter(({ kid }) => kid !== key.kid);
    if (others.length === keys.keys.length) await writeKeys(folder, { keys: [...others, key] });
    process.stdout.write(`${key.kid} is in ${keysFile(folder)}\n`);
  },
  async revoke({ folder, reason, at = Date.now() }, kid) {
    const { keys } = await readKeys(keysFile(folder));
    const key = keys.find((candidate) => candidate.kid === kid);
    if (!key)
      throw new UsageError(
        `revoke: no key ${kid ?? "was named"}; there are ${keys.map((each) => each.kid).join(", ")}`,
      );
    key.revoked = { revoked_at: Math.floor(at / 1000), reason };
    await writeKeys(folder, { keys });
    process.stdout.write(`${key.kid} is revoked (${reason}): give ${keysFile(folder)} to whoever verifies\n`);
  },
  async list({ folder }) {
    process.stdout.write(`${JSON.stringify(await readKeys(keysFile(folder)), null, 2)}\n`);
  },
};

export function evidenceCommand(): Command {
  return new Subcommand("evidence")
    .description("keys that sign clips: make, rotate, revoke")
    .addArgument(new Argument("<action>", "what to do").choices(Object.keys(actions)))
    .argument("[key]", "of add: a file or an ARN; of revoke: the key's id")
    .option("--folder <dir>", "where the key and its list are", DEFAULT_FOLDER)
    .addOption(
      new Option("--reason <reason>", "of revoke").choices(["superseded", "compromised"]).default("superseded"),
    )
    .option("--at <time>", "of revoke: since when (default: now)", parseInstant)
    .addHelpText("after", help)
    .action(async (name: string, argument: string | undefined, options: Options) => {
      await actions[name]?.(options, argument);
    });
}

function tell(folder: string, { kid }: PublicKey): void {
  process.stdout.write(
    `key    ${kid}\nsigns  EVIDENCE_KEY=${keyFile(folder)}\nlist   ${keysFile(folder)}, for whoever verifies\n`,
  );
}

async function publicKeyNamed(named: string): Promise<PublicKey> {
  const { publicKeyIn } = await import("@camclips/evidence/keys");
  try {
    if (!isKeyArn(named)) return await publicKeyIn(await readFile(named, "utf8"));
    const { kmsPublicKey } = await import("@camclips/functions/signer");
    return await kmsPublicKey(named);
  } catch (error) {
    throw new UsageError(`${named} cannot be read as a key: ${(error as Error).message}`);
  }
}
