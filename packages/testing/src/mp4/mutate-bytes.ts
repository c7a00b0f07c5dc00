import fc from "fast-check";

/** Files that lie: an MP4 taken apart into its boxes, some of them changed, and put together again. */

/** Boxes that hold boxes. */
const CONTAINERS = new Set(["moov", "trak", "mdia", "minf", "stbl", "edts", "dinf", "mvex", "moof", "traf", "mfra"]);

/** Numbers at which counters, lengths and offsets break. */
const NUMBERS = [0, 1, 2, 3, 255, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff];

interface Node {
  type: string;
  /** Written in place of the true size. */
  claimedSize?: number;
  body: Buffer;
  children?: Node[];
}

/** One change to the box that is `where` (0 to 1) of all boxes in file order. */
export type Mutation = { where: number } & (
  | { kind: "number"; at: number; value: number }
  | { kind: "size"; value: number }
  | { kind: "type"; type: string }
  | { kind: "version"; value: number }
  | { kind: "cut"; keep: number }
  | { kind: "remove" | "double" | "swap with the next" | "put into itself" }
);

/** Evenly in [0, 1); fc.double would draw mostly tiny numbers, and so mostly the first box. */
const part = fc.nat(0x7fff_ffff).map((number) => number / 0x8000_0000);
const number = fc.oneof(fc.constantFrom(...NUMBERS), fc.nat(0xffff_ffff));
const TYPES = ["stts", "ctts", "stss", "stsz", "stz2", "stsc", "stco", "co64", "elst", "avcC", "esds", "moov", "moof"];

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ where: part, kind: fc.constant("number" as const), at: part, value: number }) },
  fc.record({ where: part, kind: fc.constant("size" as const), value: number }),
  fc.record({ where: part, kind: fc.constant("type" as const), type: fc.constantFrom(...TYPES, "free", "\0\0\0\0") }),
  fc.record({ where: part, kind: fc.constant("version" as const), value: fc.constantFrom(1, 2, 255) }),
  fc.record({ where: part, kind: fc.constant("cut" as const), keep: part }),
  fc.record({
    where: part,
    kind: fc.constantFrom(
      "remove" as const,
      "double" as const,
      "swap with the next" as const,
      "put into itself" as const,
    ),
  }),
);

/** The boxes that mutations change, by type. */
export function targetsOf(file: Buffer, mutations: readonly Mutation[]): string[] {
  const places = placesIn(nodesIn(file));
  return mutations.map(({ where }) => {
    const place = places[Math.floor(where * places.length)];
    return place?.siblings[place.index]?.type ?? "";
  });
}

export function mutated(file: Buffer, mutations: readonly Mutation[]): Buffer {
  const root: Node = { type: "file", body: Buffer.alloc(0), children: nodesIn(file) };
  for (const change of mutations) mutate(root, change);
  return Buffer.concat((root.children ?? []).map(bytesOf));
}

function nodesIn(bytes: Buffer): Node[] {
  const nodes: Node[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    const end = size < 8 ? bytes.length : Math.min(bytes.length, at + size);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const body = bytes.subarray(at + 8, end);
    nodes.push({ type, body, ...(CONTAINERS.has(type) && { children: nodesIn(body) }) });
    at = end;
  }
  return nodes;
}

function bytesOf({ type, body, children, claimedSize }: Node): Buffer {
  const content = children ? Buffer.concat(children.map(bytesOf)) : body;
  const head = Buffer.alloc(8);
  head.writeUInt32BE((claimedSize ?? content.length + 8) >>> 0);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, content]);
}

interface Place {
  siblings: Node[];
  index: number;
}

function placesIn(siblings: Node[]): Place[] {
  return siblings.flatMap((node, index) => [{ siblings, index }, ...placesIn(node.children ?? [])]);
}

function mutate(root: Node, change: Mutation): void {
  const places = placesIn(root.children ?? []);
  const place = places[Math.floor(change.where * places.length)];
  const node = place?.siblings[place.index];
  if (!place || !node) return;
  const { siblings, index } = place;
  const changed = (use: (body: Buffer) => void) => {
    node.body = Buffer.from(node.body);
    use(node.body);
  };
  switch (change.kind) {
    case "number":
      // Whole numbers: most fields are aligned to four bytes.
      if (node.body.length >= 4)
        changed((body) => body.writeUInt32BE(change.value, 4 * Math.floor(change.at * Math.floor(body.length / 4))));
      break;
    case "size":
      node.claimedSize = change.value;
      break;
    case "type":
      node.type = change.type;
      break;
    case "version":
      if (node.body.length > 0) changed((body) => body.writeUInt8(change.value, 0));
      break;
    case "cut":
      node.body = node.body.subarray(0, Math.floor(change.keep * node.body.length));
      node.children &&= node.children.slice(0, Math.floor(change.keep * node.children.length));
      break;
    case "remove":
      siblings.splice(index, 1);
      break;
    case "double":
      siblings.splice(index, 0, copyOf(node));
      break;
    case "swap with the next":
      siblings.splice(index, 2, ...siblings.slice(index, index + 2).reverse());
      break;
    case "put into itself":
      if (node.children) node.children.push(copyOf(node));
      break;
  }
}

/** A copy that later changes do not share. */
function copyOf({ children, ...node }: Node): Node {
  return { ...node, ...(children && { children: children.map(copyOf) }) };
}
