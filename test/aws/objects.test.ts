import {
  type CopyObjectCommandInput,
  CreateBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { createS3Store } from "@camclips/aws";
import { inject } from "vitest";
import { objectStoreContract } from "../../packages/testing/src/contracts/object-store.ts";
import { clientsFor, randomAccount, trust } from "./clients.ts";

const { endpoint, certificate } = inject("emulator");
trust(certificate);
const account = randomAccount();
const { s3 } = clientsFor({ endpoint, account, region: "eu-west-1" });
let buckets = 0;

/** S3 makes a copy only where its key is free, when asked to; the emulator does not know that condition. */
s3.middlewareStack.add(
  (next, { commandName }) =>
    async (args) => {
      const { Bucket, Key, IfNoneMatch } = args.input as CopyObjectCommandInput;
      const isAsked = commandName === "CopyObjectCommand" && IfNoneMatch === "*";
      if (isAsked && (await isTaken({ Bucket, Key })))
        throw new S3ServiceException({
          name: "PreconditionFailed",
          $fault: "client",
          $metadata: { httpStatusCode: 412 },
        });
      return next(args);
    },
  { step: "initialize" },
);

const isTaken = (at: Pick<CopyObjectCommandInput, "Bucket" | "Key">): Promise<boolean> =>
  s3.send(new HeadObjectCommand(at)).then(
    () => true,
    () => false,
  );

objectStoreContract("S3", async () => {
  buckets += 1;
  const Bucket = `objects-${account}-${buckets}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  const store = createS3Store(s3, Bucket);
  return {
    store,
    async leftovers() {
      const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
      return [...(await Array.fromAsync(store.list(""))), ...Uploads.map(({ Key }) => String(Key))];
    },
    [Symbol.asyncDispose]: async () => {},
  };
});
