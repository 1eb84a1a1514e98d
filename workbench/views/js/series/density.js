// Thousands of lines as one picture: how many of them cross each pixel.

const MOST_STEPS = 8e6; // series × columns: what some tens of milliseconds do

/**
 * @typedef {object} Raster what is to be drawn
 * @property {import("./data.js").Plotted} plotted
 * @property {ArrayLike<number>} rows
 * @property {number} start first window
 * @property {number} end not included
 * @property {number} low at the lower edge
 * @property {number} high at the upper one
 * @property {number} width most columns
 * @property {number} height pixels
 */

/**
 * Lines go through the middles of their windows. A column holds either several windows or a part of
 * one, and each series counts once in every pixel of a column that it passes. Beyond the range it
 * counts at the edge.
 */
export class Density {
  /** @param {Raster} raster */
  constructor(raster) {
    const { rows, start, end, width, height } = raster;
    const n = end - start;
    this.raster = raster;
    this.together = Math.max(1, Math.ceil(n / Math.max(width, 1))); // windows a column
    const room = Math.min(Math.floor(width / n), Math.floor(MOST_STEPS / (rows.length * n || 1)));
    this.parts = this.together > 1 || room < 2 ? 1 : room - (room % 2); // columns a window: 1, or even
    this.columns = this.together > 1 ? Math.ceil(n / this.together) : n * this.parts;
    /** How many windows the columns hold, which may be more than there are. */
    this.span = this.together > 1 ? this.columns * this.together : n;
    this.height = height;
    this.steps = new Int32Array(this.columns * (height + 1)); // how the count changes, down each column
    this.next = 0;
    this.ys = new Float64Array(n + 2);
  }

  get isIn() {
    return this.next >= this.raster.rows.length;
  }

  /** @param {number} budgetMs @returns {boolean} whether all series are in */
  add(budgetMs) {
    const { rows } = this.raster;
    const until = performance.now() + budgetMs;
    while (this.next < rows.length) {
      this.addRow(rows[this.next++]);
      if (this.next % 32 === 0 && performance.now() > until) break;
    }
    return this.isIn;
  }

  /** @param {number} row */
  addRow(row) {
    const { plotted, start, end, low, high } = this.raster;
    const { data, nWindows, factor, offset } = plotted;
    const { ys, height } = this;
    const scale = height / (high - low);
    const down = -factor[row] * scale;
    const top = (high - offset[row]) * scale;
    const n = end - start;
    const base = row * nWindows + start;
    for (let i = 0; i < n; i++) ys[i + 1] = data[base + i] * down + top;
    ys[0] = start > 0 ? data[base - 1] * down + top : NaN;
    ys[n + 1] = end < nWindows ? data[base + n] * down + top : NaN;
    if (this.together > 1) this.countMany(n);
    else if (this.parts === 1) this.countEach(n);
    else this.countParts(n);
  }

  /** @param {number} column @param {number} low y @param {number} high */
  count(column, low, high) {
    const { height } = this;
    let first = low | 0;
    let last = high | 0;
    if (first < 0) first = 0;
    else if (first >= height) first = height - 1;
    if (last < 0) last = 0;
    else if (last >= height) last = height - 1;
    const base = column * (height + 1);
    this.steps[base + first] += 1;
    this.steps[base + last + 1] -= 1;
  }

  /** @param {number} n windows, a column each */
  countEach(n) {
    const { ys } = this;
    for (let i = 1; i <= n; i++) {
      const y = ys[i];
      if (y - y !== 0) continue;
      const left = (ys[i - 1] + y) / 2;
      const right = (ys[i + 1] + y) / 2;
      let low = y;
      let high = y;
      if (left < low) low = left;
      if (left > high) high = left;
      if (right < low) low = right;
      if (right > high) high = right;
      this.count(i - 1, low, high);
    }
  }

  /** @param {number} n windows, several columns each */
  countParts(n) {
    const { ys, parts } = this;
    const half = parts / 2;
    for (let i = 1; i <= n; i++) {
      const y = ys[i];
      if (y - y !== 0) continue;
      const before = ys[i - 1];
      const after = ys[i + 1];
      const left = before - before === 0 ? (before + y) / 2 : y;
      const right = after - after === 0 ? (after + y) / 2 : y;
      const rise = (y - left) / half;
      const fall = (right - y) / half;
      let from = left;
      const base = (i - 1) * parts;
      for (let part = 0; part < parts; part++) {
        const to = from + (part < half ? rise : fall);
        if (from < to) this.count(base + part, from, to);
        else this.count(base + part, to, from);
        from = to;
      }
    }
  }

  /** @param {number} n windows, several to a column */
  countMany(n) {
    const { ys, together } = this;
    for (let column = 0; column < this.columns; column++) {
      const first = column * together + 1;
      const last = Math.min(first + together - 1, n);
      let low = Infinity;
      let high = -Infinity;
      for (let i = first; i <= last; i++) {
        const y = ys[i];
        if (y < low) low = y;
        if (y > high) high = y;
      }
      if (high < low) continue;
      const before = ys[first - 1];
      const begin = ys[first];
      if (before - before === 0 && begin - begin === 0) {
        const middle = (before + begin) / 2;
        if (middle < low) low = middle;
        if (middle > high) high = middle;
      }
      this.count(column, low, high);
    }
  }

  /** @returns {Int32Array} (columns × height) how many series cross each pixel, down each column */
  counts() {
    const { columns, height, steps } = this;
    const counts = new Int32Array(columns * height);
    for (let column = 0; column < columns; column++) {
      let n = 0;
      const base = column * (height + 1);
      for (let y = 0; y < height; y++) counts[column * height + y] = n += steps[base + y];
    }
    return counts;
  }

  /**
   * @param {Uint32Array} shades from few to many, as pixels are stored
   * @param {Uint32Array} pixels (height × columns) to fill; 0 where nothing is
   * @returns {number} the most series in one pixel
   */
  paint(shades, pixels) {
    const { columns, height } = this;
    const counts = this.counts();
    let most = 1;
    for (let i = 0; i < counts.length; i++) if (counts[i] > most) most = counts[i];
    const tones = tonesOf(shades, most);
    for (let y = 0; y < height; y++) {
      for (let column = 0; column < columns; column++) pixels[y * columns + column] = tones[counts[column * height + y]];
    }
    return most;
  }
}

/** @param {Uint32Array} shades @param {number} most @returns {Uint32Array} shade of each count, by its logarithm */
export function tonesOf(shades, most) {
  const tones = new Uint32Array(most + 1);
  const whole = Math.log(most) || 1;
  for (let n = 1; n <= most; n++) tones[n] = shades[Math.round((Math.log(n) / whole) * (shades.length - 1))];
  return tones;
}

/**
 * @param {string[]} stops colours as #rrggbb
 * @param {number} n
 * @returns {Uint32Array} shades between them, as pixels are stored
 */
export function shadesBetween(stops, n) {
  const channels = stops.map((stop) => [1, 3, 5].map((at) => parseInt(stop.slice(at, at + 2), 16)));
  return Uint32Array.from({ length: n }, (_, i) => {
    const place = (i / Math.max(n - 1, 1)) * (stops.length - 1);
    const at = Math.min(Math.floor(place), stops.length - 2);
    const [red, green, blue] = channels[at].map((from, c) => Math.round(from + (channels[at + 1][c] - from) * (place - at)));
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}
