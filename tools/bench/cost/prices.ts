/**
 * List prices in USD, without free tiers and discounts: inputs of the model, to be looked at again where it matters.
 * Functions without ffmpeg run on arm64; the two that render are taken to run on x86_64.
 */
export const prices = {
  region: "eu-west-1",
  asOf: "2026-11",
  lambdaGbSecond: { arm64: 0.0000133334, x86_64: 0.0000166667 },
  lambdaRequest: 0.2e-6,
  event: 1e-6,
  queueRequest: 0.4e-6,
  schedule: 1e-6,
  s3Write: 0.005e-3,
  s3Read: 0.0004e-3,
  s3GbMonth: 0.023,
  dynamoWriteUnit: 0.705e-6,
  dynamoReadUnit: 0.1415e-6,
  /** With point-in-time recovery. */
  dynamoGbMonth: 0.283 + 0.226,
  notification: 0.5e-6,
  logGb: 0.57,
} as const;
