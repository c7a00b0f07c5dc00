import { inflateSync } from "node:zlib";
import { MalformedBoxError, UnsupportedStructureError } from "../errors.ts";
import { boxHeader, findBody } from "./boxes.ts";

/**
 * The body of a moov box that QuickTime's "compressed movie header" holds; any other one as it is.
 * @param most bytes that it may have
 */
export function uncompressed(moov: Uint8Array, most: number): Uint8Array {
  const method = findBody(moov, "cmov", "dcom");
  const data = findBody(moov, "cmov", "cmvd");
  if (!method || !data) return moov;
  const name = Buffer.from(method.subarray(0, 4)).toString("latin1");
  if (name !== "zlib") throw new UnsupportedStructureError("its index is compressed in an unknown way");
  const whole = inflated(data.subarray(4), most);
  const { type, headerBytes } = boxHeader(whole);
  if (type !== "moov") throw new MalformedBoxError("cmov box holds no moov box");
  return whole.subarray(headerBytes);
}

function inflated(data: Uint8Array, most: number): Uint8Array {
  try {
    return inflateSync(data, { maxOutputLength: most });
  } catch (error) {
    throw new MalformedBoxError("cmov box cannot be uncompressed", { cause: error });
  }
}
