/** Keeps the end of a text that may be endless. */
export class Tail {
  readonly #limit: number;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: Uint8Array): void {
    this.#text = (this.#text + this.#decoder.decode(chunk, { stream: true })).slice(-this.#limit);
  }

  text(): string {
    return this.#text.trim();
  }
}

/** Cuts a stream of bytes into lines; what follows the last line break is kept for the next chunk. */
export function readLines(onLine: (line: string) => void): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  let rest = "";
  return (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
}
