/** Audio that is decoded here: sample entry types of MP4, and the codecs behind them by ffmpeg's names. */
interface AudioFormat {
  entries: readonly string[];
  codecs: readonly string[];
  /** Where ffmpeg's decoders have other names than the codec. */
  decoders?: readonly string[];
  /** Neither MP4 nor QuickTime has a name for it. */
  isNameless?: true;
}

const FORMATS: readonly AudioFormat[] = [
  { entries: ["mp4a"], codecs: ["aac", "mp3", "mp2"], decoders: ["aac", "mp3", "mp3float", "mp2", "mp2float"] },
  { entries: [".mp3", "ms\0\x55", "ms\0U"], codecs: [] },
  { entries: ["Opus"], codecs: ["opus"] },
  { entries: ["fLaC"], codecs: ["flac"] },
  { entries: ["ac-3", "ec-3"], codecs: ["ac3", "eac3"] },
  { entries: ["alac"], codecs: ["alac"] },
  { entries: ["samr"], codecs: ["amr_nb"], decoders: ["amrnb"] },
  { entries: ["sawb"], codecs: ["amr_wb"], decoders: ["amrwb"] },
  { entries: [], codecs: ["vorbis"] },
  { entries: ["ima4"], codecs: ["adpcm_ima_qt"] },
  { entries: ["ms\0\x02"], codecs: ["adpcm_ms"] },
  { entries: ["ms\0\x11"], codecs: ["adpcm_ima_wav"] },
  { entries: ["alaw", "ulaw"], codecs: ["pcm_alaw", "pcm_mulaw"] },
  { entries: ["sowt", "twos"], codecs: ["pcm_s16le", "pcm_s16be", "pcm_s8"] },
  { entries: ["raw ", "NONE"], codecs: ["pcm_u8"] },
  { entries: ["in24", "in32"], codecs: ["pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"] },
  { entries: ["fl32", "fl64"], codecs: ["pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be"] },
  { entries: ["lpcm"], codecs: [] },
  { entries: [], codecs: ["pcm_bluray"], isNameless: true },
  { entries: [], codecs: ["adpcm_g722"], decoders: ["g722"], isNameless: true },
  { entries: [], codecs: ["adpcm_g726", "adpcm_g726le"], decoders: ["g726", "g726le"], isNameless: true },
];

export const audioEntries: ReadonlySet<string> = new Set(FORMATS.flatMap(({ entries }) => entries));
export const audioCodecs: ReadonlySet<string> = new Set(FORMATS.flatMap(({ codecs }) => codecs));
export const namelessAudio: ReadonlySet<string> = new Set(
  FORMATS.flatMap(({ codecs, isNameless }) => (isNameless ? codecs : [])),
);
export const audioDecoders: readonly string[] = FORMATS.flatMap(({ codecs, decoders }) => decoders ?? codecs);
