import type { ClockLabel } from "../media-engine.ts";

/** Writes an instant as a viewer reads it: `2018-10-28 02:30:00 +01:00  harbour`. The offset tells the two 02:30 of that night apart. */
export function clockText({ zone, name }: Pick<ClockLabel, "zone" | "name">): (wallMs: number) => string {
  const parts = clockParts(zone);
  return (wallMs) => `${parts(wallMs).join(" ")}  ${name}`.trimEnd();
}

/** The same in its parts: date, time, offset. All have the same length at any instant. */
export function clockParts(zone: string): (wallMs: number) => [date: string, time: string, offset: string] {
  const format = new Intl.DateTimeFormat("en-US", {
    ...{ timeZone: zone, calendar: "iso8601", numberingSystem: "latn", hourCycle: "h23", timeZoneName: "longOffset" },
    ...{ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  });
  return (wallMs) => {
    const parts = Object.fromEntries(format.formatToParts(wallMs).map(({ type, value }) => [type, value]));
    const { year, month, day, hour, minute, second, timeZoneName = "" } = parts;
    const offset = zone === "UTC" ? zone : timeZoneName.replace("GMT", "") || "+00:00";
    return [`${year}-${month}-${day}`, `${hour}:${minute}:${second}`, offset];
  };
}
