/** As much of DynamoDB's expression language as the adapter uses, evaluated as AWS documents it. Not part of the product. */

export type Item = Record<string, unknown>;

interface Names {
  names: Record<string, string>;
  values: Record<string, unknown>;
}

const TOKEN = /\s*(attribute_not_exists|begins_with|BETWEEN|AND|OR|<=|[=<>(),]|[#:]?\w+)/gy;

/** Whether an item satisfies a condition; a comparison with what the item lacks is false. */
export function satisfies(item: Item, expression: string, { names, values }: Names): boolean {
  const tokens = [...expression.matchAll(TOKEN)].map(([, token]) => String(token));
  const next = () => {
    const token = tokens.shift();
    if (token === undefined) throw new Error(`the expression ends too early: ${expression}`);
    return token;
  };
  const expect = (wanted: string) => {
    const token = next();
    if (token !== wanted) throw new Error(`"${token}" in place of "${wanted}": ${expression}`);
  };
  const value = (): unknown => {
    const token = next();
    if (token.startsWith(":")) return values[token];
    return item[token.startsWith("#") ? (names[token] ?? "") : token];
  };

  const either = (): boolean => {
    let result = both();
    while (tokens[0] === "OR") {
      next();
      const right = both();
      result ||= right;
    }
    return result;
  };
  const both = (): boolean => {
    let result = one();
    while (tokens[0] === "AND") {
      next();
      const right = one();
      result &&= right;
    }
    return result;
  };
  const one = (): boolean => {
    if (tokens[0] === "(") {
      next();
      const result = either();
      expect(")");
      return result;
    }
    if (tokens[0] === "attribute_not_exists" || tokens[0] === "begins_with") return called(next());
    const left = value();
    const operator = next();
    if (operator !== "BETWEEN") return compare(left, operator, value());
    const from = value();
    expect("AND");
    const to = value();
    return compare(from, "<=", left) && compare(left, "<=", to);
  };
  const called = (name: string): boolean => {
    expect("(");
    const first = value();
    if (name === "begins_with") expect(",");
    const result = name === "begins_with" ? String(first).startsWith(String(value())) : first === undefined;
    expect(")");
    return result;
  };

  const result = either();
  if (tokens.length > 0) throw new Error(`"${tokens[0]}" is too much: ${expression}`);
  return result;
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  if (typeof left !== typeof right || left === undefined || left === null) return false;
  const [a, b] = [left as string, right as string];
  if (operator === "=") return a === b;
  if (operator === "<") return a < b;
  if (operator === "<=") return a <= b;
  if (operator === ">") return a > b;
  throw new Error(`no operator ${operator}`);
}
