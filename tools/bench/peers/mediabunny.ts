import { join } from "node:path";
import {
  ALL_FORMATS,
  EncodedAudioPacketSource,
  type EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathSource,
  FilePathTarget,
  Input,
  type InputTrack,
  Mp4OutputFormat,
  Output,
} from "mediabunny";
import { partOf, type Work } from "../work.ts";

/**
 * Packets copied in JavaScript, from the keyframe before the start, with an edit list that hides what is before it. Its `Conversion`
 * does this for one file; several are joined packet by packet, as its guide says. It encodes nothing in Node by itself.
 */
export async function mediabunny(work: Work, paths: readonly string[]): Promise<string> {
  const clip = join(work.folder, "clip.mp4");
  const inputs = paths.map((path) => new Input({ formats: ALL_FORMATS, source: new FilePathSource(path) }));
  const output = new Output({
    format: new Mp4OutputFormat({ fastStart: "in-memory" }),
    target: new FilePathTarget(clip),
  });
  const video = new EncodedVideoPacketSource("avc");
  const audio = new EncodedAudioPacketSource("aac");
  output.addVideoTrack(video);
  output.addAudioTrack(audio);
  await output.start();
  for (const [index, input] of inputs.entries()) {
    const { fromSeconds, toSeconds } = partOf(work, index);
    const shift = (Math.max(work.startMs, work.recordings[index]?.startMs ?? 0) - work.startMs) / 1000 - fromSeconds;
    const shifted = (packet: EncodedPacket) => packet.clone({ timestamp: packet.timestamp + shift });
    const [pictures, sound] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
    if (!pictures || !sound) throw new Error("the bench's recordings have pictures and sound");
    const ofPictures = { decoderConfig: (await pictures.getDecoderConfig()) ?? undefined };
    const ofSound = { decoderConfig: (await sound.getDecoderConfig()) ?? undefined };
    for await (const packet of packets(pictures, fromSeconds, toSeconds)) await video.add(shifted(packet), ofPictures);
    for await (const packet of packets(sound, fromSeconds, toSeconds)) await audio.add(shifted(packet), ofSound);
    input.dispose();
  }
  await output.finalize();
  return clip;
}

/** In decode order, from the keyframe before the start: recordings without B-frames, as the bench's are. */
async function* packets(track: InputTrack, from: number, to: number): AsyncGenerator<EncodedPacket> {
  const sink = new EncodedPacketSink(track);
  const first = (await sink.getKeyPacket(from)) ?? (await sink.getFirstPacket());
  if (!first) throw new Error("the bench's recordings have packets of every second");
  for await (const packet of sink.packets(first)) {
    if (packet.timestamp >= to - 1e-6) return;
    yield packet;
  }
}
