// What a reviewer reads of one that waits: what was found, what it rests on, and the fix with what running it showed.

import { citedParts, spread } from "../agent/quote.js";
import { drawDiff } from "../diff/view.js";
import { make, marked, withCode } from "../dom.js";
import { counted, isKnown, percent, withUnit } from "../format.js";
import { drawVerdict } from "../fix/view.js";
import { own } from "../rows/order.js";
import { drawFact } from "../rows/parts.js";
import { ageText, momentText, partInterval, wattsText, whatText } from "./rows.js";

/**
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./rows.js").Told} Told
 */

/** @param {Row} row */
function drawCause({ diagnosis, title, pattern }) {
  if (pattern) return "";
  const named = [make("code", {}, diagnosis.change_id), title ? ` ${title}` : ""];
  return drawFact("Cause", ...(diagnosis.change_id ? named : ["nobody is named"]));
}

/** @param {Told} told @param {Row} row */
export function drawFacts(told, row) {
  const { category, mitigation, functions } = row.diagnosis;
  const does = own(told.mitigations, mitigation);
  return make("dl", { class: "wb-r-facts" },
    drawFact("What", `${row.kind}, ${whatText(row)}${row.metric && !row.pattern ? ` (${row.metric})` : ""}`),
    drawFact("Service", row.service || "–"), drawCause(row),
    drawFact("Sure", percent(row.sure)),
    drawFact("Watts", isKnown(row.watts) ? wattsText(row.watts) : "–, as it is not known what the service draws"),
    drawFact("Waits", `${ageText(row.since, Date.now())}, since ${momentText(row.since)}`),
    category ? drawFact("Category", category) : "",
    mitigation ? drawFact("Mended by", mitigation.replaceAll("_", " "), does ? `: ${does}` : "") : "",
    functions.length ? drawFact("Functions", ...functions.map((name) => make("code", { class: "wb-q-name" }, name))) : "",
    drawFact("Ids", make("code", {}, row.id), " of ", make("code", {}, row.regression)));
}

/** @param {import("./rows.js").Evidence} item */
function drawReply({ claim, call_id: call, reply, n_letters: n }) {
  if (!reply) return make("p", { class: "wb-muted" }, `The reply ${call} was not kept.`);
  const fold = make("details", { class: "wb-q-reply" }, make("summary", {}, "Reply ", make("code", {}, call)));
  fold.addEventListener("toggle", () => {
    if (!fold.open || fold.children.length > 1) return;
    const text = spread(reply);
    fold.append(make("pre", { tabindex: 0, role: "group", "aria-label": `Reply ${call}` }, ...marked(text, citedParts(claim, text))));
    if (n > reply.length) fold.append(make("p", { class: "wb-muted" }, `The first ${reply.length.toLocaleString("en-US")} of ${counted(n, "letter")}.`));
  });
  return fold;
}

/** @param {Row} row */
export function drawEvidence(row) {
  const title = make("p", { class: "wb-r-part" }, "What it rests on");
  if (!row.evidence.length) return [title, make("p", { class: "wb-muted" }, "It makes no claim that a reply holds.")];
  return [title, make("ol", { class: "wb-q-evidence" }, ...row.evidence.map((item) => make("li", {}, ...withCode(item.claim), drawReply(item))))];
}

/** @param {Row} row @returns {Node[]} what was measured with each set of inputs */
function drawGains({ gains: all, of }) {
  const gains = all.filter(({ part, seconds, reason }) => reason || [...part, ...seconds].some(isKnown));
  if (!gains.length) return [];
  const cell = /** @param {number | null} value */ (value) => make("td", { class: "n" }, withUnit(value, "seconds"));
  const lines = gains.map(({ inputs, part, seconds: [before, now, fixed], reason }) => make("tr", {},
    make("th", { scope: "row" }, `${inputs} inputs`, make("small", {}, reason)),
    make("td", { class: "n" }, percent(part[0]), make("small", {}, partInterval(part))),
    ...(of === "saved" ? [] : [cell(before)]), cell(now), cell(fixed)));
  const heads = [of === "saved" ? "Saved" : "Restored", ...(of === "saved" ? [] : ["Before"]), "Now", "With the fix"];
  return [make("p", { class: "wb-r-part" }, "What it gives back; CPU time a round of the workload"),
    make("div", { class: "wb-q-gains", tabindex: 0, role: "region", "aria-label": "Gains" }, make("table", { class: "wb-table" },
      make("caption", { class: "wb-hidden-text" }, "What was measured with each set of inputs; small: its interval"),
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Inputs"), ...heads.map((head) => make("th", { scope: "col", class: "n" }, head)))),
      make("tbody", {}, ...lines)))];
}

/** @param {Row} row @returns {Node[]} the fix: its verdict and checks, gains, and the diff */
export function drawFix(row) {
  const title = make("p", { class: "wb-r-part" }, "Fix");
  if (row.state === "none") return [title, make("p", { class: "wb-verdict wb-bad" }, make("b", {}, "No fix"), row.why ? `: ${row.why}` : "")];
  return [title, ...drawVerdict(row.fix), ...drawGains(row), drawDiff({ text: row.fix.diff }, "Diff of the fix", null)];
}
