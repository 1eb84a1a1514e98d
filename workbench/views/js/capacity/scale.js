// Where things are in the picture of capacity over time.

/** @param {number} most @returns {number[]} from 0 on, as far apart as people count, the last at `most` or beyond */
export function ticksTo(most) {
  if (!(most > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step = [1, 2, 2.5, 5, 10].map((size) => size * power).find((size) => most / size <= 5) ?? 10 * power;
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, at) => at * step);
}

const DAY = 86_400_000;

/** @param {number} from in milliseconds @param {number} to @param {number} most ticks @returns {number[]} beginnings of days, equally far apart */
export function dayTicks(from, to, most) {
  const days = (to - from) / DAY;
  const step = [1, 2, 7, 14, 28, 56, 91, 182, 364].find((size) => days / size <= most) ?? 728;
  const first = Math.ceil(from / DAY) * DAY;
  const ticks = [];
  for (let at = first; at <= to; at += step * DAY) ticks.push(at);
  return ticks;
}

/** @param {number} at in milliseconds @returns {string} its day */
export function dayText(at) {
  return new Date(at).toISOString().slice(0, 10);
}

/**
 * A value that holds from each time on, 0 before the first.
 * @param {ArrayLike<number>} times
 * @param {ArrayLike<number>} values
 * @param {number} end of the time
 * @param {(value: number) => number} x
 * @param {(value: number) => number} y
 * @returns {string} what SVG draws it by
 */
export function stepPath(times, values, end, x, y) {
  if (!times.length) return "";
  let text = `M${x(times[0]).toFixed(1)} ${y(0).toFixed(1)}`;
  for (let at = 0; at < times.length; at++) {
    text += `H${x(times[at]).toFixed(1)}V${y(Number.isFinite(values[at]) ? values[at] : 0).toFixed(1)}`;
  }
  return `${text}H${x(end).toFixed(1)}`;
}

/**
 * @param {ArrayLike<number>} times
 * @param {ArrayLike<number>} low NaN where there is no interval
 * @param {ArrayLike<number>} high
 * @param {number} end
 * @param {(value: number) => number} x
 * @param {(value: number) => number} y
 * @returns {string} what SVG fills between two such values
 */
export function bandPath(times, low, high, end, x, y) {
  let text = "";
  for (let at = 0; at < times.length; at++) {
    if (!Number.isFinite(low[at]) || !Number.isFinite(high[at])) continue;
    const from = x(times[at]).toFixed(1);
    const to = x(at + 1 < times.length ? times[at + 1] : end).toFixed(1);
    text += `M${from} ${y(low[at]).toFixed(1)}H${to}V${y(high[at]).toFixed(1)}H${from}Z`;
  }
  return text;
}

/** @param {ArrayLike<number>} times rising @param {number} wanted @returns {number} which of them was the last until then; -1 before the first */
export function lastUntil(times, wanted) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
