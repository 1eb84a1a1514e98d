// Regressions in a ranked table, what the funnel left out, and the one that is chosen.

import { numbers } from "../columns.js";
import { chooser, draw, keepKeys, make } from "../dom.js";
import { isKnown, middleClipped, percent, plain, signedWithUnit, withUnit } from "../format.js";
import { followTheme } from "../theme.js";

/**
 * @typedef {object} Row
 * @property {string} id
 * @property {"regression" | "improvement"} side
 * @property {string} service
 * @property {string} subject
 * @property {string} metric
 * @property {string} unit of its values; empty where none is known
 * @property {string} quantity what they are, to be said after the unit
 * @property {string} kind
 * @property {string} at
 * @property {number} change_index
 * @property {number} change_index_low
 * @property {number} change_index_high
 * @property {number | null} before
 * @property {number | null} after
 * @property {number | null} low of the change, in the metric's unit
 * @property {number | null} high
 * @property {number | null} p_value
 * @property {number | null} watts
 * @property {boolean} is_sure
 * @property {string[]} merged
 * @property {string} [under] function of the user's that it is in, where it is a library's
 * @property {import("../columns.js").Column} [series] its values, at most some hundred of them
 * @property {number} [series_change] where in them it changes
 *
 * @typedef {{stage: string, n_in: number, n_out: number, removed: string}} Stage
 * @typedef {{rows: Row[], funnel: Stage[]}} Told
 */

const MOST_ROWS = 100;
const LONGEST_NAME = 64;
const SPARK_WIDTH = 120;
const SPARK_HEIGHT = 24;

/** @param {Row} row @returns {number} change as a fraction of the level before; ∞ for what is new, NaN where it is not known */
export function relative(row) {
  const { before, after } = row;
  if (!isKnown(before) || !isKnown(after)) return NaN;
  const delta = after - before;
  if (delta === 0) return 0;
  return before ? delta / Math.abs(before) : delta > 0 ? Infinity : -Infinity;
}

/** @param {Row} row @returns {string} */
export function tellRelative(row) {
  const ratio = relative(row);
  if (ratio === Infinity) return "new";
  return percent(ratio, true);
}

/** @param {Row} row @returns {string} of the change, as that is told: a fraction of the level before, or in the unit where there was none */
export function tellInterval(row) {
  const { low, high, before, unit } = row;
  if (low === null || high === null) return "–";
  const [from, to] = [low, high].map((value) => (before ? percent(value / Math.abs(before), true) : signedWithUnit(value, unit)));
  return `${from} to ${to}`;
}

/**
 * @param {ArrayLike<number>} values NaN leaves a gap
 * @param {number} change where the second of the two paths begins
 * @returns {[string, string]} what SVG draws them by
 */
export function sparkPaths(values, change) {
  const known = Array.from(values).filter(Number.isFinite);
  const low = Math.min(...known);
  const size = Math.max(...known) - low || 1;
  const path = /** @param {number} from @param {number} to */ (from, to) => {
    let text = "";
    let isOpen = false;
    for (let at = from; at < to; at++) {
      if (Number.isFinite(values[at])) {
        const x = 2 + (at / Math.max(values.length - 1, 1)) * (SPARK_WIDTH - 4);
        const y = SPARK_HEIGHT - 3 - ((values[at] - low) / size) * (SPARK_HEIGHT - 6);
        text += `${isOpen ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
      }
      isOpen = Number.isFinite(values[at]);
    }
    return text;
  };
  return [path(0, change), path(change, values.length)];
}

/** @type {Record<string, (row: Row) => number>} what rows are ordered by, largest first */
const ORDERS = {
  rank: () => 0,
  change: (row) => Math.abs(relative(row)) || 0,
  size: (row) => Math.abs((row.after ?? 0) - (row.before ?? 0)),
  watts: (row) => row.watts ?? 0,
  latest: (row) => row.change_index,
};

/**
 * @param {Row[]} rows
 * @param {{text: string, side: string, metric: string, service: string, order: string}} wanted
 * @returns {Row[]}
 */
export function chosenRows(rows, { text, side, metric, service, order }) {
  const needle = text.trim().toLowerCase();
  const found = rows.filter((row) =>
    (side === "both" || row.side === side) && (!metric || row.metric === metric) && (!service || row.service === service)
    && (!needle || [row.subject, row.service, row.id, row.under ?? "", ...row.merged].some((name) => name.toLowerCase().includes(needle))));
  const by = ORDERS[order] ?? ORDERS.rank;
  return order === "rank" ? found : found.map((row, at) => ({ row, at })).sort((i, j) => by(j.row) - by(i.row) || i.at - j.at).map(({ row }) => row);
}

/** @param {Row} row */
function sparkline(row) {
  const values = numbers(/** @type {import("../columns.js").Column} */ (row.series));
  const words = `from ${withUnit(row.before, row.unit)} to ${withUnit(row.after, row.unit)}`;
  const lines = sparkPaths(values, row.series_change ?? 0).map((d, side) => draw("path", { d, fill: "none", "stroke-width": 1.3, stroke: side ? "var(--wb-more)" : "var(--wb-less)" }));
  return draw("svg", { class: "wb-spark", viewBox: `0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`, role: "img", "aria-label": `${values.length} points, ${words}` }, ...lines);
}

export class RegressionView {
  /**
   * @param {HTMLElement} element
   * @param {Told} told
   * @param {{selected?: string[], explanation?: string, onSelect?: (ids: string[]) => void}} [options]
   */
  constructor(element, told, { selected = [], explanation = "", onSelect = () => {} } = {}) {
    this.element = element;
    this.told = told;
    this.selected = selected;
    this.explanation = explanation;
    this.onSelect = onSelect;
    this.limit = MOST_ROWS;
    this.hasMetrics = told.rows.some((row) => row.metric || row.kind !== "step");
    this.ending = new AbortController();
    this.signal = this.ending.signal;
    element.classList.add("wb", "wb-plain", "wb-regressions");
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "Regressions");
    const sides = new Set(told.rows.map((row) => row.side));
    this.wanted = { text: "", side: sides.has("regression") || !sides.size ? "regression" : "improvement", metric: "", service: "", order: "rank" };
    this.status = make("p", { class: "wb-status", role: "status" });
    this.table = make("div", { class: "wb-scroll", tabindex: 0, role: "region", "aria-label": "Ranked regressions" });
    this.details = make("div", { class: "wb-regression-details" });
    element.replaceChildren(this.bar(), this.table, this.status, this.details, this.funnel());
    followTheme(element, () => {}, this.signal);
    keepKeys(element, this.signal);
    this.draw();
  }

  end() {
    this.ending.abort();
    this.element.replaceChildren();
  }

  bar() {
    const { rows } = this.told;
    const search = make("input", { type: "search", placeholder: "function, service or id", spellcheck: "false" });
    search.addEventListener("input", () => this.want("text", search.value), { signal: this.signal });
    const parts = [make("label", { class: "wb-field" }, make("span", {}, "Find"), search)];
    /** @param {string} label @param {[string, string][]} options @param {"side" | "metric" | "service" | "order"} name */
    const offer = (label, options, name) => {
      const chosen = chooser(label, options, this.wanted[name]);
      chosen.select.addEventListener("change", () => this.want(name, chosen.select.value), { signal: this.signal });
      parts.push(chosen.label);
    };
    const n = /** @param {string} side */ (side) => rows.filter((row) => row.side === side).length;
    offer("Show", [["regression", `regressions (${n("regression")})`], ["improvement", `improvements (${n("improvement")})`], ["both", `both (${rows.length})`]], "side");
    const metrics = [...new Set(rows.map((row) => row.metric))].sort();
    if (metrics.length > 1) offer("Metric", [["", "all"], .../** @type {[string, string][]} */ (metrics.map((name) => [name, name]))], "metric");
    const services = [...new Set(rows.map((row) => row.service))].sort();
    if (services.length > 1) offer("Service", [["", "all"], .../** @type {[string, string][]} */ (services.map((name) => [name, name || "–"]))], "service");
    const orders = /** @type {[string, string][]} */ ([["rank", "rank"], ["change", "change in %"], ["size", "change in its unit"], ["latest", "latest"]]);
    if (rows.some((row) => row.watts !== null)) orders.push(["watts", "watts"]);
    offer("Order", orders, "order");
    return make("div", { class: "wb-bar" }, ...parts);
  }

  /** @param {"text" | "side" | "metric" | "service" | "order"} name @param {string} value */
  want(name, value) {
    this.wanted[name] = value;
    this.limit = MOST_ROWS;
    this.draw();
  }

  draw() {
    const rows = chosenRows(this.told.rows, this.wanted);
    this.shown = rows.slice(0, this.limit);
    this.table.replaceChildren();
    if (!rows.length) {
      const isNone = !this.told.rows.length;
      this.table.append(make("p", { class: "wb-empty" }, isNone ? "Nothing regressed, and nothing improved." : "No row is like this. Change what is shown, or the words to find."));
    } else {
      this.table.append(this.drawTable(rows.length));
    }
    const what = rows.length === 1 ? "1 row" : `${rows.length.toLocaleString("en-US")} rows`;
    this.status.textContent = rows.length > this.shown.length ? `${this.shown.length} of ${what}` : rows.length ? what : "";
    this.drawDetails();
  }

  /** @param {number} n_all */
  drawTable(n_all) {
    const hasWatts = this.told.rows.some((row) => row.watts !== null);
    const hasSeries = this.told.rows.some((row) => row.series);
    const head = [["Function", ""], ...(this.hasMetrics ? [["Metric", "wb-spare"]] : []), ...(hasSeries ? [["Series", "wb-spare"]] : []), ["Before", "n wb-spare"], ["After", "n wb-spare"],
      ["Change", "n"], ["95 % interval", "n wb-spare"], ["Began", ""], ["p", "n wb-spare"], ...(hasWatts ? [["Watts", "n wb-spare"]] : [])]; // spare: where it is narrow
    const top = make("tr", {}, ...head.map(([text, kind]) => make("th", { scope: "col", class: kind || undefined }, text)));
    const body = make("tbody", {}, ...(this.shown ?? []).map((row) => this.drawRow(row, hasWatts, hasSeries)));
    body.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.press(event), { signal: this.signal });
    const table = make("table", { class: "wb-table" }, make("thead", {}, top), body);
    if (n_all <= this.limit) return table;
    const more = make("button", { type: "button" }, `Show ${Math.min(MOST_ROWS, n_all - this.limit)} more`);
    more.addEventListener("click", () => { this.limit += MOST_ROWS; this.draw(); }, { signal: this.signal });
    return make("div", {}, table, more);
  }

  /** @param {Row} row @param {boolean} hasWatts @param {boolean} hasSeries */
  drawRow(row, hasWatts, hasSeries) {
    const { unit } = row;
    const isChosen = this.selected.includes(row.id);
    const name = make("button", { type: "button", class: "wb-link", "aria-pressed": isChosen ? "true" : "false", title: row.subject, "data-id": row.id },
      middleClipped(row.subject, LONGEST_NAME));
    const change = relative(row);
    const told = tellRelative(row);
    const isNone = Number.isNaN(change) || told === "0 %";
    const sign = make("span", { class: isNone ? undefined : change > 0 ? "wb-more" : "wb-less" }, isNone ? told : `${change > 0 ? "▲" : "▼"} ${told}`);
    const interval = tellInterval(row);
    const cells = [
      make("td", {}, name, row.merged.length ? make("small", {}, ` and ${row.merged.length} more`) : "",
        row.under ? make("div", { title: row.under }, make("small", {}, "in ", make("code", {}, middleClipped(row.under, LONGEST_NAME)))) : "",
        row.is_sure ? "" : make("small", {}, " · not sure: cost may have moved")),
      ...(this.hasMetrics ? [make("td", { class: "wb-spare" }, [row.metric, row.kind === "step" ? "" : row.kind].filter(Boolean).join(", "))] : []),
      ...(hasSeries ? [make("td", { class: "wb-spare" }, row.series ? sparkline(row) : "")] : []),
      make("td", { class: "n wb-spare" }, withUnit(row.before, unit)),
      make("td", { class: "n wb-spare" }, withUnit(row.after, unit)),
      make("td", { class: "n" }, sign),
      make("td", { class: "n wb-spare", title: row.low === null || row.high === null ? undefined : `${signedWithUnit(row.low, unit)} to ${signedWithUnit(row.high, unit)}` }, interval),
      make("td", {}, row.at || `window ${row.change_index}`),
      make("td", { class: "n wb-spare" }, row.p_value === null ? "–" : row.p_value < 0.001 ? "< 0.001" : plain(row.p_value, 2)),
      ...(hasWatts ? [make("td", { class: "n wb-spare" }, row.watts === null ? "–" : plain(row.watts))] : []),
    ];
    const line = make("tr", { class: isChosen ? "wb-chosen" : undefined }, ...cells);
    line.addEventListener("click", () => this.choose(row.id), { signal: this.signal });
    return line;
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !this.shown?.length) return;
    const at = this.shown.findIndex((row) => row.id === this.selected[0]);
    const next = this.shown[Math.min(Math.max(at + step, 0), this.shown.length - 1)];
    this.choose(next.id);
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {string} id */
  choose(id) {
    if (this.selected.length === 1 && this.selected[0] === id) return;
    this.take([id], "");
    this.onSelect([id]);
    this.table.querySelector(`[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
  }

  /** @param {string[]} selected @param {string} explanation */
  take(selected, explanation) {
    this.selected = selected;
    this.explanation = explanation;
    const place = chosenRows(this.told.rows, this.wanted).findIndex(({ id }) => id === selected[0]);
    if (place >= this.limit) {
      this.limit = place + 1;
      return void this.draw();
    }
    for (const line of this.table.querySelectorAll("tbody tr")) {
      const button = line.querySelector("[data-id]");
      const isChosen = selected.includes(button?.getAttribute("data-id") ?? "");
      line.classList.toggle("wb-chosen", isChosen);
      button?.setAttribute("aria-pressed", String(isChosen));
    }
    this.drawDetails();
  }

  drawDetails() {
    const row = this.told.rows.find(({ id }) => id === this.selected[0]);
    this.details.replaceChildren();
    if (!row) return;
    const { unit, quantity } = row;
    const words = `${withUnit(row.before, unit)} → ${withUnit(row.after, unit)}${quantity ? ` ${quantity}` : ""} (${tellRelative(row)}), `
      + `from window ${row.change_index} on${row.change_index_low < row.change_index_high ? `, between ${row.change_index_low} and ${row.change_index_high}` : ""}.`;
    this.details.append(make("p", {}, make("b", {}, row.subject), row.under ? ` in ${row.under}` : "", ` ${row.id}: `, words));
    if (this.explanation) this.details.append(make("p", { class: "wb-muted" }, this.explanation));
    if (row.merged.length) {
      const list = make("ul", {}, ...row.merged.slice(0, 50).map((name) => make("li", {}, make("code", {}, name))));
      this.details.append(make("details", {}, make("summary", {}, `${row.merged.length} moved with it`), list));
    }
  }

  funnel() {
    const { funnel } = this.told;
    if (!funnel.length) return make("span", {});
    const most = Math.max(...funnel.map((stage) => stage.n_in), 1);
    const rows = funnel.map((stage) => make("tr", {},
      make("th", { scope: "row" }, stage.stage),
      make("td", { class: "n" }, stage.n_in.toLocaleString("en-US")), make("td", { class: "n" }, stage.n_out.toLocaleString("en-US")),
      make("td", {}, make("span", { class: "wb-track", "aria-hidden": "true" },
        make("i", { style: `width:${(100 * stage.n_in) / most}%` }), make("b", { style: `width:${(100 * stage.n_out) / most}%` }))),
      make("td", { class: "wb-muted" }, stage.removed)));
    const head = make("tr", {}, ...["Stage", "In", "Out", "", "Left out"].map((text, at) =>
      text ? make("th", { scope: "col", class: at === 1 || at === 2 ? "n" : undefined }, text) : make("td", {})));
    const first = funnel[0].n_in.toLocaleString("en-US");
    const last = funnel[funnel.length - 1].n_out.toLocaleString("en-US");
    return make("details", { class: "wb-funnel" }, make("summary", {}, `Funnel: ${last} of ${first} series reported`),
      make("div", { class: "wb-scroll", tabindex: 0, role: "region", "aria-label": "Funnel" },
        make("table", { class: "wb-table" }, make("thead", {}, head), make("tbody", {}, ...rows))));
  }
}
