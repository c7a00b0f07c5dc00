/** What is known of a resource that the stage uses and does not own. */
export type Answer<Facts> =
  | { kind: "found"; facts: Facts }
  | { kind: "missing" }
  /** It may not be looked at: often another account's. */
  | { kind: "hidden"; why: string; region?: string | undefined };

export interface BucketFacts {
  region: string | undefined;
  /** With which new objects are encrypted; undefined where S3's own keys are. */
  kmsKey: string | undefined;
  isVersioned: boolean;
  abortsUploads: boolean;
  /** Undefined where it is not told. */
  tellsEventBridge: boolean | undefined;
}

export interface QueueFacts {
  visibilitySeconds: number;
  kmsKey: string | undefined;
  /** Of its redrive policy; undefined for a queue without one. */
  maxReceives: number | undefined;
}

export interface TopicFacts {
  kmsKey: string | undefined;
}

export interface KeyFacts {
  /** `ECC_NIST_P256` is what ES256 needs. */
  spec: string | undefined;
  usage: string | undefined;
  isEnabled: boolean;
}

/** How they are found out. */
export interface LookUps {
  bucket(name: string): Promise<Answer<BucketFacts>>;
  queue(url: string): Promise<Answer<QueueFacts>>;
  topic(arn: string): Promise<Answer<TopicFacts>>;
  key(arn: string): Promise<Answer<KeyFacts>>;
  /** The account's limit of functions at once; undefined when it is not told. */
  functionsAtOnce(): Promise<number | undefined>;
}
