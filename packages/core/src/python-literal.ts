/**
 * Reads a Python literal of dicts, lists, tuples, strings, numbers, None, True and False: what producers send as
 * `str(dict)` (contract, section 1). Nothing is evaluated.
 * @throws SyntaxError with the position where reading stopped.
 */
export function parsePythonLiteral(text: string): unknown {
  const reader = new LiteralReader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

/** Deeper than any request; bounds the stack against hostile input. */
const MAX_DEPTH = 16;
const WORDS = new Map<string, unknown>([
  ["None", null],
  ["True", true],
  ["False", false],
]);
const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", "\\": "\\", "'": "'", '"': '"', "\n": "" };

class LiteralReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw this.#error("nested too deeply");
    this.#skipSpace();
    if (this.#take("{")) return this.#dict(depth);
    if (this.#take("[")) return this.#items("]", depth);
    if (this.#take("(")) return this.#items(")", depth);
    const number = this.#match(/[+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?L?(?![\w.])/y);
    if (number) return Number(number.replace(/[_L]/g, ""));
    const quote = this.#match(/[uUbB]?['"]/y);
    if (quote) return this.#string(quote.at(-1) as string);
    const word = this.#match(/[A-Za-z]+/y);
    if (word && WORDS.has(word)) return WORDS.get(word);
    throw this.#error("expected a value");
  }

  end(): void {
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#error("expected the end");
  }

  #dict(depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    while (!this.#closes("}")) {
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw this.#error("expected a string as key");
      this.#skipSpace();
      if (!this.#take(":")) throw this.#error("expected ':'");
      entries.push([key, this.value(depth + 1)]);
      this.#separator("}");
    }
    return Object.fromEntries(entries);
  }

  #items(closing: string, depth: number): unknown[] {
    const items: unknown[] = [];
    while (!this.#closes(closing)) {
      items.push(this.value(depth + 1));
      this.#separator(closing);
    }
    return items;
  }

  #string(quote: string): string {
    let value = "";
    for (;;) {
      const character = this.#text[this.#at++];
      if (character === undefined) throw this.#error("unterminated string");
      if (character === quote) return value;
      value += character === "\\" ? this.#escape() : character;
    }
  }

  #escape(): string {
    const code = this.#match(/x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U00[01][0-9a-fA-F]{5}/y);
    if (code) return String.fromCodePoint(Math.min(Number.parseInt(code.slice(1), 16), 0x10ffff));
    const character = this.#text[this.#at++] ?? "";
    return ESCAPES[character] ?? `\\${character}`;
  }

  #closes(closing: string): boolean {
    this.#skipSpace();
    return this.#take(closing);
  }

  #separator(closing: string): void {
    this.#skipSpace();
    if (!this.#take(",") && this.#text[this.#at] !== closing) throw this.#error(`expected ',' or '${closing}'`);
  }

  #skipSpace(): void {
    this.#match(/\s+/y);
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found) this.#at += found.length;
    return found;
  }

  #error(problem: string): SyntaxError {
    return new SyntaxError(`${problem} at character ${this.#at}`);
  }
}
