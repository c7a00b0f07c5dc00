export {
  type AvcSets,
  type ChainedSlice,
  type ChainOrigin,
  readAvcSets,
  readChainedSlice,
  renumberedSlice,
} from "./h26x/chained-slice.ts";
export { losslessPps, losslessSlice } from "./h26x/intra/lossless-picture.ts";
