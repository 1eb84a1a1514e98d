// Numbers as people read them.

/** @param {unknown} value @returns {value is number} and not NaN, which travels as null or as a text */
export function isKnown(value) {
  return typeof value === "number" && !Number.isNaN(value);
}

/** @param {string} text of a number, as `toLocaleString` has it @returns {string} with a true minus sign, and none before 0 */
function settled(text) {
  return text === "-0" ? "0" : text.replace("-", "−");
}

/** @param {number | null | undefined} value @param {number} [digits] significant ones */
export function plain(value, digits = 3) {
  if (!isKnown(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  const decimals = Math.min(Math.max(digits - 1 - magnitude, 0), 9);
  const options = { minimumFractionDigits: 0, maximumFractionDigits: decimals };
  return settled(value.toLocaleString("en-US", options));
}

/** @type {Record<string, [string, number][]>} unit -> larger ones, each with what it holds */
const STEPS = {
  nanoseconds: [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]],
  microseconds: [["s", 1e6], ["ms", 1e3], ["µs", 1]],
  milliseconds: [["s", 1e3], ["ms", 1]],
  seconds: [["s", 1], ["ms", 1e-3], ["µs", 1e-6]],
  bytes: [["GB", 1e9], ["MB", 1e6], ["kB", 1e3], ["B", 1]],
};

/**
 * @param {number | null | undefined} value
 * @param {string} unit as value types have it
 */
export function withUnit(value, unit) {
  if (!isKnown(value)) return "–";
  if (unit === "share") return `${plain(100 * value)} %`;
  if (unit === "percent") return `${plain(value)} %`;
  if (unit === "count" || unit === "") return plain(value, Math.abs(value) >= 1000 ? 9 : 3);
  const steps = STEPS[unit];
  if (!steps) return `${plain(value)} ${unit}`;
  const size = Math.abs(value);
  const [name, worth] = steps.find(([, least]) => size >= least) ?? steps[steps.length - 1];
  return `${plain(value / worth)} ${name}`;
}

/** @param {number | null | undefined} value a difference; of shares in percentage points @param {string} unit */
export function signedWithUnit(value, unit) {
  const text = unit === "share" && isKnown(value) ? `${plain(100 * value)} pp` : withUnit(value, unit);
  return (isKnown(value) && value > 0 ? "+" : "") + text;
}

/** @param {number | null | undefined} ratio @param {boolean} [isSigned] */
export function percent(ratio, isSigned = false) {
  if (!isKnown(ratio) || !Number.isFinite(ratio)) return plain(ratio);
  const value = 100 * ratio;
  const options = { minimumFractionDigits: 0, maximumFractionDigits: Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 0.095 ? 1 : 2 };
  const text = settled(value.toLocaleString("en-US", options));
  return `${isSigned && value > 0 && text !== "0" ? "+" : ""}${text} %`;
}

/** @param {number} n @param {string} one @param {string} [many] */
export function counted(n, one, many = `${one}s`) {
  return `${n.toLocaleString("en-US")} ${n === 1 ? one : many}`;
}

/**
 * @param {string} text
 * @param {number} most letters
 */
export function clipped(text, most) {
  return text.length <= most ? text : `${text.slice(0, Math.max(most - 1, 1))}…`;
}

/**
 * A name loses its middle: the ends tell most.
 * @param {string} text
 * @param {number} most letters
 */
export function middleClipped(text, most) {
  if (text.length <= most) return text;
  const tail = Math.floor((most - 1) * 0.6);
  return `${text.slice(0, most - 1 - tail)}…${text.slice(text.length - tail)}`;
}

/**
 * Texts of the ticks of one axis: all in one unit, with as many digits as tell them apart.
 * @param {number[]} values in rising order, equally far apart
 * @param {string} unit
 * @returns {string[]}
 */
export function tickTexts(values, unit) {
  const steps = STEPS[unit] ?? [[unit === "share" || unit === "percent" ? "%" : unit === "count" ? "" : unit, unit === "share" ? 0.01 : 1]];
  const most = Math.max(...values.map(Math.abs), 0);
  const [name, worth] = steps.find(([, least]) => most >= least) ?? steps[steps.length - 1];
  const apart = values.length > 1 ? Math.abs(values[1] - values[0]) / worth : 1;
  const decimals = Math.min(Math.max(Math.ceil(-Math.log10(apart) - 1e-9), 0), 9);
  return values.map((value) => {
    const written = (value / worth).toLocaleString("en-US", { maximumFractionDigits: decimals });
    const text = settled(written);
    return name ? `${text} ${name}` : text;
  });
}
