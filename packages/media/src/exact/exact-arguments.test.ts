import { describe, expect, it } from "vitest";
import { defaultEncoder } from "../ffmpeg/settings.ts";
import type { RenderJob } from "../media-engine.ts";
import { clipPicture } from "../probe/picture.ts";
import type { MediaProbe } from "../probe/probe.ts";
import { planTimeline } from "../timeline/timeline.ts";
import { exactArguments } from "./exact-arguments.ts";

const IS_WIDER = "gt(dar/1.000000000,1.777777778)";
const FITTED = [
  `scale=w='if(${IS_WIDER},1920,min(1920,max(2,2*round(1080*dar/1.000000000/2))))'`,
  `:h='if(${IS_WIDER},min(1080,max(2,2*round(1920/(dar/1.000000000)/2))),1080)':eval=frame`,
  ",pad=1920:1080:-1:-1:eval=frame,setsar=1/1,format=yuv420p",
  ",setparams=range=unknown:colorspace=unknown:color_primaries=unknown:color_trc=unknown",
].join("");

const probe: MediaProbe = {
  video: {
    codec: "h264",
    width: 1920,
    height: 1080,
    sampleAspect: 1,
    times: Array.from({ length: 100 }, (_, index) => index / 25),
  },
  audio: { sampleRate: 48_000, channels: 1, spans: [[0, 4]] },
  damaged: false,
};

const job: RenderJob = {
  sources: [
    { path: "/scratch/a.mp4", zeroMs: 0, fromMs: 2000, toMs: 4000 },
    { path: "/scratch/b.mp4", zeroMs: 4000, fromMs: 4000, toMs: 5000 },
  ],
  startMs: 2000,
  endMs: 5000,
  gapPolicy: "SKIP_GAPS",
  joinToleranceMs: 1000,
  precision: "exact",
  output: "/scratch/clip.mp4",
};

function argumentsOf(probes: MediaProbe[]): string[] {
  const timeline = planTimeline(job, probes);
  if (timeline === undefined) throw new Error("no frames");
  const paths = job.sources.map(({ path }) => path);
  const { startMs, output } = job;
  return exactArguments({
    paths,
    probes,
    timeline,
    picture: clipPicture(probe.video),
    startMs,
    threads: 2,
    encoder: defaultEncoder,
    scratch: "/scratch",
    output,
  });
}

function after(args: string[], name: string): string | undefined {
  return args[args.indexOf(name) + 1];
}

describe("exactArguments", () => {
  it("cuts, places and encodes all parts in one run", () => {
    const args = argumentsOf([probe, probe]);
    expect(after(args, "-filter_complex")?.split(";")).toEqual([
      `[0:V:0]settb=1/90000,trim=start=1.900000:end=4.060000,${FITTED},split[all0][look0]`,
      "[look0]setpts='round(PTS+-2.000000000/TB)'[shown0]",
      "[all0]trim=start=1.980000:end=3.980000,select='isnan(prev_selected_pts)+gt(pts,prev_selected_pts)'," +
        "setpts='round(PTS+-2.000000000/TB)'[v0]",
      `[1:V:0]settb=1/90000,trim=start=-0.100000:end=1.060000,${FITTED},split[all1][look1]`,
      "[look1]setpts='round(PTS+2.000000000/TB)'[shown1]",
      "[all1]trim=start=-0.020000:end=0.980000,select='isnan(prev_selected_pts)+gt(pts,prev_selected_pts)'," +
        "setpts='round(PTS+2.000000000/TB)'[v1]",
      "[v0][v1]interleave=nb_inputs=2,settb=1/90000[video]",
      "[shown0]scale=32:32:flags=area,format=gray[smallshown0]",
      "[smallshown0]split[even-pictures][even-times]",
      "[shown1]scale=32:32:flags=area,format=gray[smallshown1]",
      "[smallshown1]split[odd-pictures][odd-times]",
      "[0:a:0]atrim=start=2.000000:end=4.000000,asetpts='PTS-2.000000000/TB'," +
        "aresample=48000:async=1:min_hard_comp=0.01:first_pts=0,aformat=sample_fmts=fltp:channel_layouts=mono," +
        "apad=whole_len=96000,asetpts=N/SR/TB,atrim=end_sample=96000[a0]",
      "[1:a:0]atrim=start=0.000000:end=1.000000,asetpts='PTS-0.000000000/TB'," +
        "aresample=48000:async=1:min_hard_comp=0.01:first_pts=0,aformat=sample_fmts=fltp:channel_layouts=mono," +
        "apad=whole_len=48000,asetpts=N/SR/TB,atrim=end_sample=48000[a1]",
      "[a0][a1]concat=n=2:v=0:a=1,asetnsamples=n=1024:p=0[audio]",
    ]);
    expect(args.slice(args.indexOf("-map"))).toEqual([
      ...["-map", "[video]", "-fps_mode", "passthrough", "-enc_time_base", "1:90000"],
      ...["-c:v", "libx264", "-preset", "superfast", "-crf", "22.4"],
      "-x264-params",
      "fps=25.000:mbtree=1:rc-lookahead=15:sync-lookahead=0:bframes=0:aq-strength=0.9",
      ...["-threads:v", "2"],
      ...["-bsf:v", "setts=pts=PTS:dts=DTS:duration=3600"],
      ...["-map", "[audio]", "-c:a", "aac", "-b:a", "96k"],
      ...["-map_metadata", "-1", "-map_chapters", "-1", "-metadata", "creation_time=1970-01-01T00:00:02.000Z"],
      ...["-max_muxing_queue_size", "4096", "-video_track_timescale", "90000", "-movflags", "+faststart"],
      ...["-f", "mp4", "/scratch/clip.mp4"],
      ...["even", "odd"].flatMap((name) => {
        const output = ["-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-c:v", "rawvideo"];
        return [
          ...["-map", `[${name}-pictures]`, ...output, "-f", "rawvideo", `/scratch/shown-${name}.gray`],
          ...["-map", `[${name}-times]`, ...output, "-f", "framecrc", `/scratch/shown-${name}.times`],
        ];
      }),
    ]);
  });

  it("seeks in the first source, reads local files only, and never asks a shell", () => {
    const args = argumentsOf([probe, probe]);
    expect(args.slice(args.indexOf("-protocol_whitelist"), args.indexOf("-i") + 2)).toEqual([
      ...["-protocol_whitelist", "file,pipe", "-format_whitelist", expect.stringContaining("mov"), "-codec_whitelist"],
      ...[expect.stringContaining("h264"), "-max_pixels", "35651584", "-threads", "1", "-reinit_filter", "0"],
      ...["-noaccurate_seek", "-seek_timestamp", "1", "-ss", "0.720000", "-i", "file:/scratch/a.mp4"],
    ]);
    expect(args.filter((argument) => argument === "-ss")).toHaveLength(1);
    expect(args.filter((argument) => argument === "-protocol_whitelist")).toHaveLength(2);
  });

  it("has no audio when no source has", () => {
    const quiet = { ...probe, audio: undefined };
    expect(argumentsOf([quiet, quiet])).not.toContain("-c:a");
  });
});
