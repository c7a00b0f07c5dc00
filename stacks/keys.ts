/** How a role uses the keys of brought resources. */
export interface KeyUse {
  decrypts: boolean;
  encrypts: boolean;
}

/** A role may use the keys that KMS_KEY_ARNS names, as far as it must; the keys' own policies must let it, too. */
export function useKeys(keys: readonly string[], { decrypts, encrypts }: KeyUse) {
  if (keys.length === 0 || !(decrypts || encrypts)) return [];
  // S3 decrypts parts of an upload again, SQS and SNS the data key.
  return [{ actions: ["kms:Decrypt", ...(encrypts ? ["kms:GenerateDataKey"] : [])], resources: [...keys] }];
}
