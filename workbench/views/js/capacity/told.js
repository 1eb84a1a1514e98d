// What a view of capacity is told, with its numbers as arrays.

import { numbers } from "../columns.js";

/**
 * @typedef {import("./words.js").Amount} Amount
 * @typedef {import("../columns.js").Column} Column
 * @typedef {{value: Column, low: Column, high: Column, unknown: Column}} Ends
 */

/**
 * @typedef {object} Event
 * @property {string} kind
 * @property {string} service
 * @property {string} subject
 * @property {string} case
 * @property {Record<string, Amount>} worth by unit
 *
 * @typedef {object} Item
 * @property {number} rank
 * @property {string} kind
 * @property {string} name
 * @property {string} service
 * @property {string} subject
 * @property {string} state
 * @property {string} since day it waits since; empty where not known
 * @property {number} chance
 * @property {Record<string, Amount>} costs by unit, of a year
 * @property {Record<string, Amount>} expected
 * @property {string} currency
 *
 * @typedef {object} Told
 * @property {number} since in milliseconds
 * @property {number} until
 * @property {string} currency
 * @property {string[]} units that anything is known in
 * @property {Column} times of events
 * @property {Event[]} events
 * @property {Record<string, Record<string, Ends>>} balances by name and unit
 * @property {Item[]} items
 * @property {Record<string, Amount>} costs of all that is not fixed yet
 * @property {Record<string, Amount>} expected of the whole queue
 * @property {Record<string, number>} unknown how many items are not in these sums
 * @property {string[]} assumptions
 */

export const BALANCES = /** @type {const} */ (["lost", "recovered", "confirmed"]);

/** @typedef {{value: ArrayLike<number>, low: ArrayLike<number>, high: ArrayLike<number>, unknown: ArrayLike<number>}} Line */

export class Capacity {
  /** @param {Told} told */
  constructor(told) {
    this.told = told;
    this.times = numbers(told.times);
    /** @type {Map<string, Line>} */
    this.lines = new Map();
  }

  get isEmpty() {
    return !this.told.events.length && !this.told.items.length;
  }

  /** @returns {number} when the picture begins */
  get from() {
    return this.times.length ? Math.min(this.told.since, this.times[0]) : this.told.since;
  }

  /** @param {string} name of a balance @param {string} unit @returns {Line} after each event */
  line(name, unit) {
    const key = `${name} ${unit}`;
    const known = this.lines.get(key);
    if (known) return known;
    const { value, low, high, unknown } = this.told.balances[name][unit];
    const line = { value: numbers(value), low: numbers(low), high: numbers(high), unknown: numbers(unknown) };
    this.lines.set(key, line);
    return line;
  }

  /** @param {string} name @param {string} unit @param {number} at which event; -1 is before the first @returns {Amount} */
  balance(name, unit, at) {
    if (at < 0) return [0, 0, 0];
    const { value, low, high } = this.line(name, unit);
    return /** @type {Amount} */ ([value[at], low[at], high[at]]);
  }

  /** @param {string} name @param {string} unit @param {number} at which event @returns {number} how many amounts are not in the balance */
  unknown(name, unit, at) {
    return at < 0 ? 0 : this.line(name, unit).unknown[at];
  }
}
