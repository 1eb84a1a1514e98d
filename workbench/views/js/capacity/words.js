// How amounts of capacity are written.

import { isKnown, plain } from "../format.js";

/** @typedef {[number | null, number | null, number | null]} Amount value, and the ends of its 95 % interval */

/**
 * @typedef {object} Unit
 * @property {string} title
 * @property {[string, number][]} steps larger units first, each with what it holds
 * @property {number} [week] what a week is of it, where it is told of a year
 */

const WEEK = 168 / 8766;

/** @type {Record<string, Unit>} */
export const UNITS = {
  servers: { title: "servers", steps: [["", 1]] },
  watts: { title: "power", steps: [["MW", 1e6], ["kW", 1e3], ["W", 1]] },
  kwh_per_year: { title: "energy a year", steps: [["GWh", 1e6], ["MWh", 1e3], ["kWh", 1]], week: WEEK },
  money_per_year: { title: "money a year", steps: [["billion", 1e9], ["million", 1e6], ["", 1]], week: WEEK },
  kg_co2_per_year: { title: "CO₂ a year", steps: [["kt", 1e6], ["t", 1e3], ["kg", 1]], week: WEEK },
  homes: { title: "homes powered", steps: [["", 1]] },
};

/** @param {number} value @param {string} unit @returns {[string, number]} the unit that it is written in, and what that holds */
export function stepOf(value, unit) {
  const { steps } = UNITS[unit];
  return steps.find(([, least]) => Math.abs(value) >= least) ?? steps[steps.length - 1];
}

/** @param {number} value @returns {string} to three digits that count, also before the point */
function rounded(value) {
  return plain(Number(value.toPrecision(3)));
}

/**
 * Texts of the ticks of an axis, all in the unit that suits its end.
 * @param {number[]} ticks
 * @param {string} unit
 * @returns {string[]}
 */
export function tickTexts(ticks, unit) {
  const [name, holds] = stepOf(ticks[ticks.length - 1], unit);
  return ticks.map((tick) => (tick && name ? `${plain(tick / holds)} ${name}` : plain(tick / holds)));
}

/**
 * @param {number | null | undefined} value
 * @param {string} unit one of UNITS
 * @param {string} currency that money is in
 */
export function amountText(value, unit, currency) {
  if (!isKnown(value)) return "not known";
  const [name, holds] = stepOf(value, unit);
  return [unit === "money_per_year" ? currency : "", rounded(value / holds), name].filter(Boolean).join(" ");
}

/** @param {Amount} amount @param {string} unit @returns {string} the interval in the unit of the value; empty where there is none */
export function intervalText([value, low, high], unit) {
  if (!isKnown(value) || !isKnown(low) || !isKnown(high) || low === high) return "";
  const [, holds] = stepOf(value, unit);
  return `${rounded(low / holds)} to ${rounded(high / holds)}`;
}

/** @param {Amount} amount of a year @param {string} unit @returns {Amount} what is lost of it in a week; of what is no flow, as it is */
export function aWeek(amount, unit) {
  const { week = 1 } = UNITS[unit];
  return /** @type {Amount} */ (amount.map((value) => (isKnown(value) ? value * week : null)));
}
