import { readFileSync } from "node:fs";

/**
 * What x264 has to be kept to on a processor. Its code for AVX-512 takes 8 to 12 % more time than that for AVX2 on Intel's
 * (docs/decisions/0064-x264-without-avx-512.md); others were not measured, and choose for themselves.
 * @param cpuinfo text of /proc/cpuinfo
 */
export function x264Limits(cpuinfo: string): string[] {
  const isIntel = /^vendor_id\s*:\s*GenuineIntel$/m.test(cpuinfo);
  return isIntel && /^flags\s*:.*\bavx512bw\b/m.test(cpuinfo) ? ["asm=AVX2"] : [];
}

let own: string[] | undefined;

/** Of the processor that this runs on. */
export function ownX264Limits(): readonly string[] {
  own ??= x264Limits(cpuinfo());
  return own;
}

function cpuinfo(): string {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return ""; // Only Linux has it.
  }
}
