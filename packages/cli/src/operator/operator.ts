import { type OperatorPorts, operatorPorts } from "@camclips/local";
import { findInState } from "../records/local-records.ts";

/** Where people on call act: a deployed stage, or a state folder of this machine. */
export interface Place {
  stage?: string;
  state: string;
}

/**
 * Runs `act` on a deployment, or with each state file below the state folder, the one that grew last first, until it returns
 * something.
 */
export async function whereItIs<T>(
  { stage, state }: Place,
  act: (ports: OperatorPorts) => Promise<T | undefined>,
  access: { readOnly: boolean } = { readOnly: false },
): Promise<T | undefined> {
  if (!stage) return findInState(state, (file) => act(operatorPorts(file, { now: Date.now })), access);
  const [{ findDeployment }, { deployedPorts }] = await Promise.all([
    import("../deployed/deployment.ts"),
    import("../deployed/operator-ports.ts"),
  ]);
  return act(deployedPorts(await findDeployment(stage)));
}

/** As people call it. */
export const nameOf = ({ stage, state }: Place): string => (stage ? `stage "${stage}"` : state);
