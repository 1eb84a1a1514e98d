// Which part of a reply a claim cites. Pure: no page is needed.

const REGION = 400; // letters within which what a claim names has to stand together
const INDENT = "  ";
const NAME = /[A-Za-z_][\w$]*(?:[.:/]{1,2}<?[\w$]+>?|_[\w$]*)+/g;
const NUMBER = /(?<![\w.])[-−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w])(?: ?%)?/gi;

/**
 * JSON on lines of its own, and line breaks in its texts as such, also where it was cut short; other text as it is.
 * @param {string} detail
 */
export function spread(detail) {
  const start = detail.trimStart()[0];
  if ((start !== "{" && start !== "[") || detail.includes("\n")) return detail;
  let said = "";
  let depth = 0;
  let isText = false;
  for (let at = 0; at < detail.length; at++) {
    const letter = detail[at];
    if (isText) {
      if (letter === "\\" && at + 1 < detail.length) {
        const next = detail[++at];
        said += next === "n" ? "\n" : next === "t" ? "\t" : next === "\"" || next === "\\" || next === "/" ? next : letter + next;
      } else {
        said += letter;
        if (letter === "\"") isText = false;
      }
    } else if (letter === "\"") { isText = true; said += letter; }
    else if ((letter === "{" || letter === "[") && "}]".includes(detail[at + 1] ?? " ")) said += letter + detail[++at];
    else if (letter === "{" || letter === "[") said += `${letter}\n${INDENT.repeat(++depth)}`;
    else if (letter === "}" || letter === "]") said += `\n${INDENT.repeat(Math.max(--depth, 0))}${letter}`;
    else if (letter === ",") { said += `,\n${INDENT.repeat(Math.max(depth, 0))}`; if (detail[at + 1] === " ") at++; }
    else said += letter;
  }
  return said;
}

/** @typedef {{text: string} | {value: number, digits: number, isPercent: boolean}} Token */

/** @param {string} claim @returns {Token[]} names, ids and numbers that it speaks of */
export function tokensOf(claim) {
  /** @type {Map<string, Token>} */
  const tokens = new Map();
  let rest = claim.replace(/`([^`]+)`/g, (_, text) => { tokens.set(text, { text }); return " "; });
  const take = /** @param {RegExp} pattern */ (pattern) => {
    rest = rest.replace(pattern, (text) => { tokens.set(text, { text }); return " "; });
  };
  take(NAME);
  take(/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}\b/g);
  for (const [text] of rest.matchAll(NUMBER)) {
    const plain = text.replace(/[,%\s]/g, "").replace("−", "-");
    const isPercent = text.endsWith("%");
    if (!isPercent && /^-?\d$/.test(plain)) continue; // one digit stands everywhere
    tokens.set(text, { value: Number(plain), digits: (plain.split(".")[1] ?? "").length, isPercent });
  }
  return [...tokens.values()];
}

/** @param {Token} token @param {string} text @returns {[number, number][]} where it stands */
function placesOf(token, text) {
  /** @type {[number, number][]} */
  const places = [];
  if ("text" in token) {
    for (let at = text.indexOf(token.text); at >= 0 && token.text; at = text.indexOf(token.text, at + token.text.length)) {
      places.push([at, at + token.text.length]);
    }
    return places;
  }
  const slack = 0.5000001 * 10 ** -token.digits;
  for (const found of text.matchAll(NUMBER)) {
    const value = Number(found[0].replace(/[,%\s]/g, "").replace("−", "-"));
    const isSame = Math.abs(value - token.value) <= (token.digits ? slack : 1e-9) || (token.digits === 0 && !Number.isInteger(value) && Math.abs(value - token.value) <= slack);
    const isShare = token.isPercent && !found[0].endsWith("%") && Math.abs(100 * value - token.value) <= slack;
    if (isSame || isShare) places.push([found.index, found.index + found[0].length]);
  }
  return places;
}

/**
 * The parts of a text that a claim cites: where most of what it names stands together.
 * @param {string} claim
 * @param {string} text
 * @returns {[number, number][]} start and end of each, in order; empty where nothing of it is there
 */
export function citedParts(claim, text) {
  const all = tokensOf(claim).flatMap((token, kind) => placesOf(token, text).map(([start, end]) => ({ start, end, kind })));
  all.sort((one, other) => one.start - other.start || other.end - one.end);
  let best = { first: 0, last: -1, kinds: 0, size: Infinity };
  for (let first = 0; first < all.length; first++) {
    const kinds = new Set();
    for (let last = first; last < all.length && all[last].end - all[first].start <= REGION; last++) {
      kinds.add(all[last].kind);
      const size = all[last].end - all[first].start;
      if (kinds.size > best.kinds || (kinds.size === best.kinds && size < best.size)) best = { first, last, kinds: kinds.size, size };
    }
  }
  /** @type {[number, number][]} */
  const parts = [];
  for (const { start, end } of all.slice(best.first, best.last + 1)) {
    const before = parts[parts.length - 1];
    if (before && start < before[1]) before[1] = Math.max(before[1], end);
    else parts.push([start, end]);
  }
  return parts;
}
