// Where ticks stand, and what times are called. All times are UTC.

const MS = { second: 1e3, minute: 60e3, hour: 3600e3, day: 86400e3 };

/** Steps of a clock, in milliseconds. */
const CLOCK_STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, MS.second, 2e3, 5e3, 10e3, 15e3, 30e3, MS.minute, 2 * MS.minute, 5 * MS.minute,
  10 * MS.minute, 15 * MS.minute, 30 * MS.minute, MS.hour, 2 * MS.hour, 3 * MS.hour, 6 * MS.hour, 12 * MS.hour, MS.day, 2 * MS.day, 3 * MS.day,
  7 * MS.day, 14 * MS.day,
];
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** @param {number} least @returns {number} the smallest of 1, 2, 5, 10, … that is no less */
export function niceStep(least) {
  if (!(least > 0) || !Number.isFinite(least)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((one) => one * power >= least * (1 - 1e-9)) ?? 10);
}

/**
 * @param {number} low
 * @param {number} high
 * @param {number} most ticks
 * @returns {number[]}
 */
export function linearTicks(low, high, most) {
  if (!(high > low)) return Number.isFinite(low) ? [low] : [];
  const step = niceStep((high - low) / Math.max(most, 1));
  const ticks = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) ticks.push(n === 0 ? 0 : n * step);
  return ticks;
}

/**
 * @param {number} low natural logarithm
 * @param {number} high
 * @param {number} most ticks
 * @returns {number[]} logarithms of powers of ten; of 1, 2 and 5 times these where there is room
 */
export function logTicks(low, high, most) {
  const first = Math.floor(low / Math.LN10);
  const last = Math.ceil(high / Math.LN10);
  const every = Math.max(1, Math.ceil((last - first) / Math.max(most, 1)));
  const parts = (last - first) * 3 <= most ? [1, 2, 5] : [1];
  const ticks = [];
  for (let power = Math.ceil(first / every) * every; power <= last; power += every) {
    for (const part of parts) {
      const tick = power * Math.LN10 + Math.log(part);
      if (tick >= low - 1e-9 && tick <= high + 1e-9) ticks.push(tick);
    }
  }
  return ticks;
}

/** @param {number} value @param {number} [digits] */
const two = (value, digits = 2) => String(value).padStart(digits, "0");

/**
 * @param {number} startMs
 * @param {number} endMs
 * @param {number} most ticks
 * @returns {{ms: number, text: string}[]}
 */
export function timeTicks(startMs, endMs, most) {
  if (!(endMs > startMs)) return [];
  const least = (endMs - startMs) / Math.max(most, 1);
  const step = CLOCK_STEPS.find((one) => one >= least);
  if (!step) return monthTicks(startMs, endMs, least);
  const origin = step >= 7 * MS.day ? 4 * MS.day : 0; // weeks begin on Mondays; 1 January 1970 was a Thursday
  /** @type {{ms: number, text: string}[]} */
  const ticks = [];
  let day = "";
  for (let ms = Math.ceil((startMs - origin) / step) * step + origin; ms <= endMs; ms += step) {
    const at = new Date(ms);
    const date = `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`;
    const year = ticks.length && at.getUTCMonth() + at.getUTCDate() > 1 + Math.ceil(step / MS.day) ? "" : ` ${at.getUTCFullYear()}`;
    ticks.push({ ms, text: step >= MS.day ? date + year : date === day ? clock(at, step) : `${date} ${clock(at, step)}` });
    day = date;
  }
  return ticks;
}

/** @param {Date} at @param {number} stepMs */
function clock(at, stepMs) {
  const minutes = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  if (stepMs >= MS.minute) return minutes;
  const seconds = `${minutes}:${two(at.getUTCSeconds())}`;
  return stepMs >= MS.second ? seconds : `${seconds}.${two(at.getUTCMilliseconds(), 3)}`;
}

/** @param {number} startMs @param {number} endMs @param {number} leastMs */
function monthTicks(startMs, endMs, leastMs) {
  const step = MONTH_STEPS.find((one) => one * 30.5 * MS.day >= leastMs) ?? 2400;
  const start = new Date(startMs);
  const ticks = [];
  let month = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / step) * step;
  for (; ; month += step) {
    const ms = Date.UTC(Math.floor(month / 12), month % 12, 1);
    if (ms > endMs) return ticks;
    if (ms >= startMs) ticks.push({ ms, text: step >= 12 ? String(Math.floor(month / 12)) : `${MONTHS[month % 12]} ${Math.floor(month / 12)}` });
  }
}

/**
 * @param {ArrayLike<number>} timesMs of all windows
 * @returns {(ms: number) => string} what times of such windows are called
 */
export function timeNames(timesMs) {
  let isDays = true;
  let isMinutes = true;
  for (let i = 0; i < timesMs.length; i++) {
    if (timesMs[i] % MS.day) isDays = false;
    if (timesMs[i] % MS.minute) isMinutes = false;
  }
  const letters = isDays ? 10 : isMinutes ? 16 : 19;
  return (ms) => {
    const text = new Date(ms).toISOString().slice(0, letters).replace("T", " ");
    return isDays ? text : `${text} UTC`;
  };
}

/**
 * Where a time lies among those of the windows; times between two lie in proportion.
 * @param {ArrayLike<number>} timesMs rising
 * @param {number} ms
 * @returns {number} in windows, of which each begins at its time
 */
export function positionOf(timesMs, ms) {
  const n = timesMs.length;
  if (n < 2) return 0;
  let low = 0;
  let high = n - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (timesMs[middle] <= ms) low = middle;
    else high = middle;
  }
  const span = timesMs[low + 1] - timesMs[low] || 1;
  return low + (ms - timesMs[low]) / span;
}
