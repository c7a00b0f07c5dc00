import {
  type Bring,
  elsewhere,
  encryption,
  type Findings,
  problem,
  together,
  unseen,
  warning,
  when,
} from "./findings.ts";

export async function checkBucket(setting: string, name: string, isWritten: boolean, bring: Bring): Promise<Findings> {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name))
    return problem(`${setting}: a deployment needs a bucket's name`);
  const answer = await bring.look.bucket(name);
  if (answer.kind === "missing") return problem(`${setting}: there is no such bucket`);
  const { region } = answer.kind === "found" ? answer.facts : answer;
  if (region !== undefined && region !== bring.place.region) return problem(elsewhere(setting, region, bring.place));
  if (answer.kind === "hidden") return warning(unseen(setting, answer.why));
  const { kmsKey, isVersioned, abortsUploads } = answer.facts;
  return together([
    encryption(setting, kmsKey, bring),
    when(isWritten && !isVersioned, warning(`${setting}: no versioning, so a clip that a rerun replaces is gone`)),
    when(
      isWritten && !abortsUploads,
      warning(`${setting}: no lifecycle rule ends unfinished uploads; those of crashed functions stay, and cost`),
    ),
  ]);
}
