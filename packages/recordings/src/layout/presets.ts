/** How recorders name their files, as they do unless somebody changed it. The first pattern that fits counts. */
export interface Layout {
  recorder: string;
  patterns: readonly string[];
  /** Whether names are in UTC whatever the recorder's zone is. */
  utc?: true;
  example: string;
}

export const layouts = {
  camclips: {
    recorder: "camclips, and services with names of its contract",
    patterns: ["{camera}.stream", "{camera}"].flatMap((start) => [
      `${start}.%Y%m%dT%H%M%S%f`,
      `${start}.%Y%m%dT%H%M%S`,
    ]),
    utc: true,
    example: "harbour.stream.20181031T025200051.mp4",
  },
  mediamtx: {
    recorder: "MediaMTX (recordPath of its sample configuration)",
    patterns: ["{camera}/%Y-%m-%d_%H-%M-%S-%f"],
    example: "harbour/2026-01-01_13-05-10-123456.mp4",
  },
  frigate: {
    recorder: "Frigate",
    patterns: ["%Y-%m-%d/%H/{camera}/%M.%S"],
    utc: true,
    example: "2026-01-01/13/harbour/05.10.mp4",
  },
  moonfire: {
    recorder: "Moonfire NVR (exports)",
    patterns: ["{camera}-main-%Y%m%d%H%M%S", "{camera}-sub-%Y%m%d%H%M%S"],
    example: "harbour-main-20260101130510.mp4",
  },
  shinobi: {
    recorder: "Shinobi (videos/GROUP/MONITOR/)",
    patterns: ["{camera}/%Y-%m-%dT%H-%M-%S"],
    example: "group/harbour/2026-01-01T13-05-10.mp4",
  },
  blueiris: {
    recorder: "Blue Iris (&CAM.%Y%m%d_%H%M%S)",
    patterns: ["{camera}.%Y%m%d_%H%M%S"],
    example: "harbour.20260101_130510.mp4",
  },
  zoneminder: {
    recorder: "ZoneMinder (deep storage, MonitorId/yy/mm/dd/HH/MM/SS/)",
    patterns: ["{camera}/%y/%m/%d/%H/%M/%S/{digits}-video{any}"],
    example: "3/26/01/01/13/05/10/4711-video.mp4",
  },
  dahua: {
    recorder: "Dahua and its brands (downloads of the main stream, FTP and SD cards)",
    patterns: ["{camera}_main_%Y%m%d%H%M%S_{digits}", "{camera}/%Y-%m-%d/{any}/dav/{digits}/%H.%M.%S-{any}"],
    example: "NVR_ch1_main_20260101130510_20260101131010.mp4",
  },
  reolink: {
    recorder: "Reolink (FTP uploads and SD cards)",
    patterns: ["{camera}_{digits}_%Y%m%d%H%M%S", "Rec{camera}_%Y%m%d_%H%M%S_{any}"],
    example: "2026/01/01/harbour_00_20260101130510.mp4",
  },
  hikvision: {
    recorder: "Hikvision (downloads of iVMS-4200 and the recorder's page)",
    patterns: ["{camera}_%Y%m%d%H%M%S_{digits}_{digits}", "{camera}_%Y%m%d%H%M%S{any}"],
    example: "harbour_20260101130510_20260101131010_4711.mp4",
  },
  unifi: {
    recorder: "UniFi Protect (exports)",
    patterns: ["{camera} - %-m-%-d-%Y, %-I.%-M.%-S%p{any}", "{camera} - %-m-%-d-%Y, %-H.%-M.%-S{any}"],
    example: "Front Door - 1-9-2026, 1.05.10pm.mp4",
  },
  tesla: {
    recorder: "Tesla (RecentClips, SavedClips, SentryClips)",
    patterns: ["%Y-%m-%d_%H-%M-%S-{camera}"],
    example: "SavedClips/2026-01-01_13-06-00/2026-01-01_13-05-10-left_repeater.mp4",
  },
  "70mai": {
    recorder: "70mai (normal, event and parking recordings)",
    patterns: [
      "NO%Y%m%d-%H%M%S-{digits}{camera}",
      "EV%Y%m%d-%H%M%S-{digits}{camera}",
      "PA%Y%m%d-%H%M%S-{digits}{camera}",
    ],
    example: "Normal/Front/NO20260101-130510-000123F.mp4",
  },
  thinkware: {
    recorder: "Thinkware (REC, EVT, MOT, MAN)",
    patterns: ["REC", "EVT", "MOT", "MAN", "PAK"].map((kind) => `${kind}_%Y_%m_%d_%H_%M_%S_{camera}`),
    example: "cont_rec/REC_2026_01_01_13_05_10_F.mp4",
  },
} as const satisfies Record<string, Layout>;

export type LayoutName = keyof typeof layouts;
