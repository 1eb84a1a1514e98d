// One line among many: its path, with no more points than pixels show, and which line is nearest.

/**
 * @typedef {object} Frame where things are
 * @property {(position: number) => number} x of a position, in windows
 * @property {(value: number) => number} y of a plotted value
 * @property {number} start first window
 * @property {number} end not included
 * @property {number} width pixels
 */

/**
 * Draw the path of a row. NaN are gaps; a value between two gaps becomes a short dash. Where several
 * windows share a pixel, the least and the most of them stand for all.
 * @param {{moveTo: (x: number, y: number) => void, lineTo: (x: number, y: number) => void}} pen
 * @param {import("./data.js").Plotted} plotted
 * @param {number} row
 * @param {Frame} frame
 */
export function traceRow(pen, plotted, row, frame) {
  const { data, nWindows, factor, offset } = plotted;
  const { x, y, start, end, width } = frame;
  const first = Math.max(start - 1, 0); // so that the line comes in from the edge
  const last = Math.min(end + 1, nWindows);
  const value = /** @param {number} window */ (window) => data[row * nWindows + window] * factor[row] + offset[row];
  const together = Math.floor((last - first) / Math.max(2 * width, 1));
  let isDown = false;
  const to = /** @param {number} window */ (window) => {
    const at = value(window);
    if (!Number.isFinite(at)) { isDown = false; return; }
    const here = y(at);
    if (isDown) pen.lineTo(x(window + 0.5), here);
    else if (window + 1 >= last || !Number.isFinite(value(window + 1))) {
      pen.moveTo(x(window + 0.5) - 2.5, here);
      pen.lineTo(x(window + 0.5) + 2.5, here);
    } else pen.moveTo(x(window + 0.5), here);
    isDown = true;
  };
  if (together < 2) {
    for (let window = first; window < last; window++) to(window);
    return;
  }
  for (let from = first; from < last; from += together) {
    const until = Math.min(from + together, last);
    for (const window of outermost(value, from, until)) to(window);
  }
}

const PIECE = 16; // points: without a GPU the time of a stroke grows with the square of what crosses itself

/**
 * @param {CanvasRenderingContext2D} pen with colour and width
 * @param {import("./data.js").Plotted} plotted
 * @param {number} row
 * @param {Frame} frame
 */
export function strokeRow(pen, plotted, row, frame) {
  let n = 0;
  pen.beginPath();
  traceRow({
    moveTo: (x, y) => pen.moveTo(x, y),
    lineTo(x, y) {
      pen.lineTo(x, y);
      if (++n % PIECE) return;
      pen.stroke();
      pen.beginPath();
      pen.moveTo(x, y);
    },
  }, plotted, row, frame);
  pen.stroke();
}

/**
 * @param {(window: number) => number} value @param {number} start @param {number} end
 * @returns {number[]} the windows of the least and the most value, in order; one of a gap where all are
 */
export function outermost(value, start, end) {
  let least = -1;
  let most = -1;
  let gap = -1;
  for (let window = start; window < end; window++) {
    const here = value(window);
    if (!Number.isFinite(here)) { gap = window; continue; }
    if (least < 0 || here < value(least)) least = window;
    if (most < 0 || here > value(most)) most = window;
  }
  if (least < 0) return gap < 0 ? [] : [gap];
  const found = least === most ? [least] : least < most ? [least, most] : [most, least];
  return gap >= 0 ? [...found, gap].sort((one, other) => one - other) : found;
}

/**
 * @param {import("./data.js").Plotted} plotted
 * @param {ArrayLike<number>} rows
 * @param {number} position in windows
 * @param {number} wanted plotted value there
 * @param {number} most how far off it may be, as a plotted value
 * @returns {number} the row whose line is nearest, −1 for none
 */
export function nearestRow(plotted, rows, position, wanted, most) {
  const { data, nWindows, factor, offset } = plotted;
  const left = Math.min(Math.max(Math.floor(position - 0.5), 0), nWindows - 1);
  const right = Math.min(left + 1, nWindows - 1);
  const part = Math.min(Math.max(position - 0.5 - left, 0), 1);
  let best = -1;
  let distance = most;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    const from = data[row * nWindows + left];
    const to = data[row * nWindows + right];
    let value = from + (to - from) * part;
    if (value - value !== 0) value = part < 0.5 ? from : to;
    const off = Math.abs(value * factor[row] + offset[row] - wanted);
    if (off < distance) { distance = off; best = row; }
  }
  return best;
}

/**
 * @param {import("./data.js").Plotted} plotted
 * @param {ArrayLike<number>} rows
 * @param {number} window
 * @param {number} from the row that is left; −1 for none
 * @param {1 | -1} direction 1 is up
 * @returns {number} the row whose value at the window comes next; `from` where there is none
 */
export function nextRow(plotted, rows, window, from, direction) {
  const { data, nWindows, factor, offset } = plotted;
  const value = /** @param {number} row */ (row) => data[row * nWindows + window] * factor[row] + offset[row];
  const here = from >= 0 && Number.isFinite(value(from)) ? value(from) : -direction * Infinity;
  let best = from;
  let nearest = Infinity;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    const off = (value(row) - here) * direction;
    const isNext = off > 0 || (off === 0 && (row - from) * direction > 0);
    if (row === from || !isNext) continue;
    const distance = here - here === 0 ? off : value(row) * direction;
    if (distance < nearest || (distance === nearest && (row - best) * direction < 0)) { nearest = distance; best = row; }
  }
  return best;
}
