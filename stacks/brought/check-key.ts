import { type Bring, type Findings, problem, together, unseen, warning, when } from "./findings.ts";

const HOW = "make one with: aws kms create-key --key-spec ECC_NIST_P256 --key-usage SIGN_VERIFY";

/** The key that signs clips' manifests. */
export async function checkEvidenceKey(key: string, { look }: Bring): Promise<Findings> {
  const setting = `EVIDENCE_KEY="${key}"`;
  if (!/^arn:[^:]+:kms:[^:]+:\d+:key\/[\w-]+$/.test(key))
    return problem(`${setting}: a deployment signs with a key in KMS, named by its ARN (no alias); ${HOW}`);
  const answer = await look.key(key);
  if (answer.kind === "missing") return problem(`${setting}: there is no such key; ${HOW}`);
  if (answer.kind === "hidden") return warning(unseen(setting, answer.why));
  const { spec, usage, isEnabled } = answer.facts;
  return together([
    when(
      spec !== "ECC_NIST_P256" || usage !== "SIGN_VERIFY",
      problem(`${setting}: is a ${spec} key to ${usage}; ${HOW}`),
    ),
    when(!isEnabled, problem(`${setting}: is disabled`)),
  ]);
}
