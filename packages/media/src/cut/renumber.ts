import {
  firstTrack,
  type HevcIds,
  hevcSets,
  memorySource,
  nalUnits,
  onlyDescription,
  withHevcIds,
  withLengths,
} from "@camclips/mp4";
import type { CutSource } from "./cut-plan.ts";

/**
 * An encoded part of HEVC whose parameter sets have ids that the copied samples do not use. x264 is told them; x265 knows only the
 * id 0, so its frames get theirs here, in memory: there are few. Their keyframe brings its sets along: see changedKeyframes.
 * @throws MalformedBoxError when the part is not as x265 makes it
 */
export async function renumbered(part: CutSource, ids: HevcIds): Promise<CutSource> {
  const video = firstTrack(part.movie, "vide");
  if (!video) return part;
  const { offset, size, count, sync } = video.samples;
  const hevc = onlyDescription(video)?.video?.hevc;
  const sets = hevc ? hevcSets(hevc) : [];
  const samples: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const start = offset[i] ?? 0;
    const bytes = await part.bytes.read(start, start + (size[i] ?? 0));
    const units = [...(sync[i] === 1 ? sets : []), ...[...nalUnits(bytes)].map((unit) => unit.bytes)];
    samples.push(withLengths(units.map((nal) => withHevcIds(nal, ids))));
  }
  const descriptions = video.descriptions.map((description) => {
    const { video: picture } = description;
    if (!picture?.hevc) return description;
    const arrays = picture.hevc.arrays.map((array) => {
      return { ...array, units: array.units.map((nal) => withHevcIds(nal, ids)) };
    });
    return { ...description, video: { ...picture, hevc: { ...picture.hevc, arrays } } };
  });
  const sizes = Uint32Array.from(samples, ({ length }) => length);
  const offsets = new Float64Array(count);
  for (let i = 1; i < count; i++) offsets[i] = (offsets[i - 1] ?? 0) + (sizes[i - 1] ?? 0);
  const track = { ...video, descriptions, samples: { ...video.samples, offset: offsets, size: sizes } };
  return { ...part, bytes: memorySource(Buffer.concat(samples)), movie: { ...part.movie, tracks: [track] } };
}
