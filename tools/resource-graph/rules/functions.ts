import { isDeepStrictEqual } from "node:util";
import { resourcesOf } from "../graph/graph.ts";
import { expectThat, type GraphRule } from "./rule.ts";
import { rowsIn, stageParts } from "./stage-parts.ts";

/** Every row has its function with the row's size, and there is no other. */
export const functionsFollowTheTable: GraphRule = (graph) => [
  ...expectThat(
    resourcesOf(graph, "aws:lambda/function:Function").length === rowsIn(graph).length,
    "there are functions that no row asks for",
  ),
  ...stageParts(graph).flatMap(({ row, handler }) => {
    if (!handler) return [`${row.stage} has no function`];
    const { memorySize, timeout, ephemeralStorage, runtime, architectures } = handler.inputs;
    return [
      // RENDER_MEMORY is for that one to choose.
      ...expectThat(
        memorySize === row.memoryMb || row.stage === "render-clip",
        `${row.stage}: ${memorySize} MB of memory`,
      ),
      ...expectThat(timeout === row.timeoutSeconds, `${row.stage}: ${timeout} s`),
      ...expectThat(ephemeralStorage.size === row.storageMb, `${row.stage}: ${ephemeralStorage.size} MB of /tmp`),
      ...expectThat(runtime === "nodejs24.x", `${row.stage}: ${runtime}`),
      ...expectThat(/^(?:arm64|x86_64)$/.test(architectures.join()), `${row.stage} runs on ${architectures.join()}`),
    ];
  }),
];

/** Only a binary can tie a function to x86_64: those without one all run on the same, and renderers on one they share. */
export const functionsRunOnOneArchitecture: GraphRule = (graph) =>
  [true, false].flatMap((ffmpeg) => {
    const alike = stageParts(graph).filter(({ row }) => row.ffmpeg === ffmpeg);
    const architectures = new Set(alike.map(({ handler }) => handler?.inputs.architectures.join()));
    const which = ffmpeg ? "with" : "without";
    return expectThat(architectures.size === 1, `functions ${which} ffmpeg run on ${[...architectures].join(" and ")}`);
  });

/** Records fail one by one, and no stage runs more often at once than its row allows. */
export const mappingsFollowTheTable: GraphRule = (graph) =>
  stageParts(graph).flatMap(({ row, lane, part, mapping }) => {
    if (!mapping) return [`${part}: nothing feeds the function`];
    const { batchSize, functionResponseTypes, scalingConfig } = mapping.inputs;
    return [
      ...expectThat(
        functionResponseTypes?.includes("ReportBatchItemFailures") === true,
        `${part}: one bad record fails its whole batch`,
      ),
      ...expectThat(batchSize === row.batchSize, `${part}: batches of ${batchSize}`),
      ...expectThat(
        scalingConfig?.maximumConcurrency === (lane ? row.lanes[lane] : row.concurrency),
        `${part}: no limit on concurrency`,
      ),
    ];
  });

/** Logs end up in a group of their own that forgets. */
export const logsAreKeptForAWhile: GraphRule = (graph) =>
  stageParts(graph).flatMap(({ row, handler }) => {
    const group = resourcesOf(graph, "aws:cloudwatch/logGroup:LogGroup").find(
      ({ inputs }) => inputs.name === handler?.inputs.loggingConfig.logGroup,
    );
    return expectThat((group?.inputs.retentionInDays ?? 0) > 0, `${row.stage}: logs are kept for ever`);
  });

/** 76 MB of ffmpeg make a cold start slow: only who renders carries them, and once. */
export const onlyRenderersCarryFfmpeg: GraphRule = (graph) =>
  stageParts(graph).flatMap(({ row, build, handler }) => {
    const copies = build?.packed.filter(({ name }) => name.split("/").at(-1) === "ffmpeg") ?? [];
    const wanted = row.ffmpeg ? [{ name: "bin/ffmpeg", mode: 0o755 }] : [];
    const named = handler?.inputs.environment.variables.FFMPEG_BIN;
    return [
      ...expectThat(isDeepStrictEqual(copies, wanted), `${row.stage} carries ffmpeg as ${JSON.stringify(copies)}`),
      ...expectThat(
        named === (row.ffmpeg ? "/var/task/bin/ffmpeg" : undefined),
        `${row.stage}: FFMPEG_BIN is ${named ?? "not set"}`,
      ),
    ];
  });

const resourceSettings = [
  "S3_BUCKET_ORIGIN",
  "S3_BUCKET_DESTINATION",
  "AWS_SNS_TOPIC",
  "AWS_SQS_QUEUE",
  "AWS_SQS_QUEUE_URL",
];

/** Functions get the contract's settings by name; resources they know through the link alone. */
export const functionsGetTheirSettings: GraphRule = (graph) =>
  stageParts(graph).flatMap(({ row, build, handler }) => {
    const variables = handler?.inputs.environment.variables ?? {};
    const named = ["CAM_SERVICES_URL", "RECORDINGS_URL", "CLIP_URL", "SQS_RETRY_LIMIT", "THUMBNAIL_SIZES", "LOG_LEVEL"];
    return [
      ...named.flatMap((name) => expectThat(Boolean(variables[name]), `${row.stage} does not get ${name}`)),
      ...resourceSettings.flatMap((name) => expectThat(!(name in variables), `${row.stage} gets ${name} twice over`)),
      ...expectThat(build?.links.Wiring !== undefined, `${row.stage} is not linked to the stack`),
      ...expectThat(build?.links.CameraServiceToken !== undefined, `${row.stage} is not linked to the secret`),
    ];
  });
