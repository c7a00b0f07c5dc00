import { ServiceUnavailableError } from "@camclips/core";
import { isServerError, isThrottlingError, isTransientError } from "@smithy/core/retry";

type SdkError = Parameters<typeof isServerError>[0];

/**
 * Has a client throw ServiceUnavailableError when its own attempts are used up and the service was to blame: 5xx,
 * throttling, no connection, no answer in time. Every other error stays as it is.
 */
export function tellingOutages<C extends { send: (...args: never[]) => Promise<unknown> }>(
  client: C,
  service: string,
): C {
  const send = client.send.bind(client);
  client.send = (async (...args: never[]) => {
    try {
      return await send(...args);
    } catch (error) {
      if (!isOutage(error)) throw error;
      throw new ServiceUnavailableError(`${service}: ${(error as Error).message}`, { cause: error });
    }
  }) as C["send"];
  return client;
}

/** Whether the service was to blame. */
export function isOutage(error: unknown): boolean {
  const told = error as SdkError;
  return isServerError(told) || isThrottlingError(told) || isTransientError(told);
}
