/** Where the stack would live. */
export interface Place {
  account: string;
  region: string;
}

interface PolicyStatement {
  effect?: string;
  actions?: string[];
  resources?: string[];
  principals?: { type: string; identifiers: string[] }[];
  conditions?: { test: string; variable: string; values: string[] }[];
}

/**
 * Answers the functions of the AWS provider that SST and the stacks call.
 * @throws Error for any other function.
 */
export function callProvider(token: string, inputs: Record<string, unknown>, { account, region }: Place) {
  switch (token) {
    case "aws:index/getRegion:getRegion":
      return { id: region, region, name: region };
    case "aws:index/getPartition:getPartition":
      return { id: "aws", partition: "aws", dnsSuffix: "amazonaws.com" };
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { id: account, accountId: account, arn: `arn:aws:iam::${account}:root` };
    case "aws:iam/getPolicyDocument:getPolicyDocument":
      // SST leaves an inline policy out when the answer does not echo the statements.
      return { ...inputs, id: "document", json: policyJson((inputs.statements ?? []) as PolicyStatement[]) };
    default:
      throw new Error(`No answer is known for the provider function ${token}`);
  }
}

/** The provider's way of writing a policy document: one value stands alone, several in a list. */
function policyJson(statements: PolicyStatement[]): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map(({ effect = "Allow", actions, resources, principals, conditions }) => ({
      Effect: effect,
      Action: oneOrMany(actions),
      Resource: oneOrMany(resources),
      Principal: principals && principalOf(principals),
      Condition: conditions && conditionsOf(conditions),
    })),
  });
}

function principalOf(principals: NonNullable<PolicyStatement["principals"]>) {
  if (principals.some(({ type }) => type === "*")) return "*";
  return Object.fromEntries(principals.map(({ type, identifiers }) => [type, oneOrMany(identifiers)]));
}

function conditionsOf(conditions: NonNullable<PolicyStatement["conditions"]>) {
  const tests: Record<string, Record<string, unknown>> = {};
  for (const { test, variable, values } of conditions) {
    tests[test] = { ...tests[test], [variable]: oneOrMany(values) };
  }
  return tests;
}

function oneOrMany(values: string[] | undefined): string | string[] | undefined {
  return values?.length === 1 ? values[0] : values;
}
