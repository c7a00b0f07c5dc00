import { call } from "./api.js";

/** @typedef {{ name: string, shows: string[] }} About */

/** Whose page this is, and which parts of it there are. @type {Promise<About>} */
export const about = call("/about").then((answer) => {
  parts = answer.shows;
  return answer;
});

/** @type {string[]} */
let parts = [];

/** Whether there is such a part; known once `about` is. @param {"timeline" | "api" | "links"} part */
export const shows = (part) => parts.includes(part);
