import { expect, it } from "vitest";
import { webVtt } from "./webvtt.ts";

it("writes cues as players read them, to the millisecond, and leaves out those without a length", () => {
  const text = webVtt([
    { fromSeconds: 0, toSeconds: 1.9996, text: "a.jpg#xywh=0,0,160,90" },
    { fromSeconds: 2, toSeconds: 2.0001, text: "none" },
    { fromSeconds: 3599.5, toSeconds: 3661.25, text: "Gate <2> & --> dock\n\n00:00:00.000" },
  ]);
  expect(text).toBe(
    "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\na.jpg#xywh=0,0,160,90\n\n00:59:59.500 --> 01:01:01.250\nGate &lt;2> &amp; --&gt; dock 00:00:00.000\n",
  );
});
