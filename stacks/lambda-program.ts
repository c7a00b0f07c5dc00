import type { Architecture } from "@camclips/events/deploy-settings";
import type { Executable } from "@camclips/media/executable";

/** What belongs to glibc and gcc's run time, which Amazon Linux 2023 (nodejs24.x) has. */
const LIBRARIES_OF_LAMBDA =
  /^(?:ld-linux-(?:x86-64|aarch64)\.so\.\d|lib(?:c|m|mvec|dl|rt|pthread|resolv|util|gcc_s)\.so\.\d)$/;

/** Of Amazon Linux 2023. */
const GLIBC_OF_LAMBDA = "2.34";

const PROCESSORS = { x86_64: "x64", arm64: "arm64" };

/** The functions' architecture on which a program runs; x86_64 for one that runs on none. */
export const architectureOf = ({ processor }: Executable): Architecture =>
  processor === PROCESSORS.arm64 ? "arm64" : "x86_64";

/** @returns what keeps a program from running in a function, as a predicate; undefined when nothing does. */
export function whyNotForLambda(program: Executable, architecture: Architecture): string | undefined {
  const { format, processor, interpreter, libraries, glibc } = program;
  if (format === "Mach-O") return "is a program for macOS";
  if (format !== "ELF") return `is no Linux program (${format})`;
  if (processor !== PROCESSORS[architecture])
    return `is built for ${processor}, and the functions run on ${architecture}`;
  if (interpreter === undefined) return undefined;
  const lacking = libraries.filter((name) => !LIBRARIES_OF_LAMBDA.test(name));
  if (lacking.length > 0) return `is linked to libraries that Lambda does not have: ${lacking.join(", ")}`;
  if (glibc && minor(glibc) > minor(GLIBC_OF_LAMBDA)) return `needs glibc ${glibc}, and Lambda has ${GLIBC_OF_LAMBDA}`;
  return undefined;
}

const minor = (version: string): number => Number(version.split(".")[1]);
