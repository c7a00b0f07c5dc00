import { type ClipRecords, type ClipStatus, type EntryKey, groupEntry, historyFrom, supersedes } from "@camclips/core";

/** Clips' records in memory, as far as stages use them: quick enough for a hundred thousand clips. */
export function memoryRecords(): ClipRecords {
  const entries = new Map<string, string>();
  const leases = new Map<string, { holder: string; untilMs: number }>();
  const statuses = new Map<string, ClipStatus>();
  const nameOf = ({ clipId, name }: EntryKey) => `${clipId}\n${name}`;
  const storedAt = (key: EntryKey): unknown => {
    const json = entries.get(nameOf(key));
    return json === undefined ? undefined : JSON.parse(json);
  };
  const set = (status: ClipStatus): boolean => {
    if (!supersedes(status, statuses.get(status.clipId))) return false;
    statuses.set(status.clipId, status);
    return true;
  };
  const putOnce: ClipRecords["putOnce"] = async (key, value, { status } = {}) => {
    const ours = !entries.has(nameOf(key));
    if (ours) entries.set(nameOf(key), JSON.stringify(value));
    if (ours && status) set(status);
    return { stored: storedAt(key), ours };
  };
  const nothing = async function* () {};
  return {
    get: async (key) => storedAt(key),
    putOnce,
    claimGroup: (claim) => putOnce(groupEntry(claim.groupId), claim),
    groups: nothing,
    async lease(key, { holder, nowMs, untilMs }) {
      if (entries.has(nameOf(key))) return { kind: "done", value: storedAt(key) };
      const held = leases.get(nameOf(key));
      if (held && held.holder !== holder && held.untilMs > nowMs) return { kind: "held" };
      leases.set(nameOf(key), { holder, untilMs });
      return { kind: "taken" };
    },
    release: async (key) => void leases.delete(nameOf(key)),
    setStatus: async (status) => set(status),
    status: async (clipId) => statuses.get(clipId),
    history: async () => historyFrom([]),
    inState: nothing,
    ofCamera: nothing,
    async setWaiting() {},
    waitingFor: nothing,
  };
}
