import { toast } from "./dom.js";

/** @typedef {{ id: string, title?: string, recordings: number, bytes: number, first: number | null, last: number | null, damaged: number, growing: number }} Camera */
/** @typedef {{ start: number, end: number, codec?: string, width?: number, height?: number, fps?: number, growing?: true }} Span */
/** @typedef {{ start: number, end: number, cause: string, message?: string }} Gap */
/** @typedef {{ spans: Span[], gaps: Gap[] }} Coverage */
/**
 * @typedef {{ clipId: string, title?: string, camera: string | null, start: number | null, end: number | null, state: string, since: number, asked?: number,
 *   attempt?: number, deadlineAt?: string, nextAttemptAt?: string, status?: string, reason?: string, percent?: number,
 *   choices?: Record<string, string>, metadata?: any, links: Record<string, string> }} Clip
 */

/** What the service refused, in its words. */
export class ApiError extends Error {
  /** @param {number} status @param {string} detail */
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/**
 * @param {string} path
 * @param {{ method?: string, body?: unknown, signal?: AbortSignal }} [options]
 * @returns {Promise<any>}
 */
export async function call(path, { method = "GET", body, signal } = {}) {
  const response = await fetch(path, {
    method,
    ...(signal && { signal }),
    ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  if (response.ok) return response.status === 204 ? undefined : response.json();
  const problem = await response.json().catch(() => ({}));
  throw new ApiError(response.status, problem.detail ?? `${response.status} ${response.statusText}`);
}

/** Does something that a person asked for, and says what went wrong. @template T @param {() => Promise<T>} act @returns {Promise<T | undefined>} */
export async function attempt(act) {
  try {
    return await act();
  } catch (error) {
    toast(/** @type {Error} */ (error).message);
    return undefined;
  }
}
