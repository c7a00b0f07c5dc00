type Level = "info" | "warn" | "error";

/** One line an outcome, for journals: `2026-01-01T13:05:10.000Z warn message stage=... clipId=...`, or JSON. */
export function lineLog(stream: NodeJS.WritableStream, json: boolean) {
  return (level: Level, message: string, fields: Record<string, unknown> = {}): void => {
    const at = new Date().toISOString();
    if (json) return void stream.write(`${JSON.stringify({ at, level, message, ...fields })}\n`);
    const rest = Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [` ${name}=${shown(value)}`],
    );
    stream.write(`${at} ${level} ${message}${rest.join("")}\n`);
  };
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return /[\s"]/.test(text) ? JSON.stringify(text) : text;
}
