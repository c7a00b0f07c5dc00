/** What the numbers in frames mean, by ffmpeg's names; `unknown` where a file does not say it. */
export interface Colour {
  range: string;
  matrix: string;
  primaries: string;
  transfer: string;
}

export const UNKNOWN_COLOUR: Colour = {
  range: "unknown",
  matrix: "unknown",
  primaries: "unknown",
  transfer: "unknown",
};

interface Coloured {
  width: number;
  height: number;
  colour: Colour;
}

/** As in `yuv420p(tv, bt709/unknown/smpte170m, progressive), 640x360`. */
const PICTURES = /Stream #0:0.*: Video: .*?, \w+\((.*?)\)[^,]*, \d+x\d+/;

/** Matrices between which ffmpeg converts, and what its scale filter calls them. */
const MATRICES = new Map([
  ["bt709", "bt709"],
  ["fcc", "fcc"],
  ["bt470bg", "smpte170m"],
  ["smpte170m", "smpte170m"],
  ["smpte240m", "smpte240m"],
  ["bt2020nc", "bt2020"],
]);

/** Players take lower pictures that do not tell their matrix for those of television of old. */
const HIGH_DEFINITION = 720;

/** @param log of a run with one output, whose first stream are the pictures */
export function colourIn(log: string): Colour {
  const told = PICTURES.exec(log.slice(log.lastIndexOf("Output #0")))?.[1]?.split(", ") ?? [];
  const range = told.find((text) => text === "tv" || text === "pc") ?? "unknown";
  // One name for all three where they agree.
  const names = told.find((text) => /^[a-z]+\d\w*$|^[\w-]+(\/[\w-]+){2}$/.test(text))?.split("/") ?? ["unknown"];
  const [matrix = "", primaries = matrix, transfer = matrix] = names.map((name) => name.replace("reserved", "unknown"));
  // What is stored as RGB becomes what ffmpeg makes of it.
  return { range, matrix: matrix === "gbr" ? "smpte170m" : matrix, primaries, transfer };
}

/**
 * Options of the scale filter that give frames another colour's matrix and range. None where nothing has to be done, for then
 * frames pass untouched; where only sizes differ, some versions of ffmpeg do not keep the matrix by themselves.
 */
export function colourOptions(
  { colour: source, ...sourceSize }: Coloured,
  { colour: clip, ...size }: Coloured,
): string[] {
  const [from, to] = [matrixOf(source, sourceSize.height), matrixOf(clip, size.height)];
  const isTold = source.matrix !== "unknown" || clip.matrix !== "unknown";
  const differs = from !== to || sourceSize.width !== size.width || sourceSize.height !== size.height;
  const matrices = isTold && differs && from && to ? [`in_color_matrix=${from}`, `out_color_matrix=${to}`] : [];
  // Full range has pixel formats of its own, too.
  const ranges = isFull(source) || isFull(clip) ? [`in_range=${rangeOf(source)}`, `out_range=${rangeOf(clip)}`] : [];
  return [...matrices, ...ranges];
}

/** Tells those that come behind what frames are; encoders write it into the stream. */
export function colourFilter({ range, matrix, primaries, transfer }: Colour): string {
  return `setparams=range=${range}:colorspace=${matrix}:color_primaries=${primaries}:color_trc=${transfer}`;
}

function matrixOf({ matrix }: Colour, height: number): string | undefined {
  const guess = height < HIGH_DEFINITION ? "smpte170m" : "bt709";
  return MATRICES.get(matrix === "unknown" ? guess : matrix);
}

const isFull = ({ range }: Colour): boolean => range === "pc";
const rangeOf = (colour: Colour): string => (isFull(colour) ? "pc" : "tv");
