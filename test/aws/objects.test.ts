import { CreateBucketCommand, ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { createS3Store } from "@camclips/aws";
import { inject } from "vitest";
import { objectStoreContract } from "../../packages/testing/src/contracts/object-store.ts";
import { clientsFor, randomAccount, trust } from "./clients.ts";

const { endpoint, certificate } = inject("emulator");
trust(certificate);
const account = randomAccount();
const { s3 } = clientsFor({ endpoint, account, region: "eu-west-1" });
let buckets = 0;

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
