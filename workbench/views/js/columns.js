// Columns as they travel: {dtype, data}, where data are bytes, or text in base64 in a page that
// carries its own.

/**
 * @typedef {{dtype: string, data: DataView | ArrayBuffer | Uint8Array | string}} Column
 * @typedef {Int32Array | Uint16Array | Uint8Array | Float32Array | Float64Array | Uint32Array} Numbers
 */

/** @type {Record<string, new (buffer: ArrayBuffer) => Numbers>} */
const KINDS = {
  int32: Int32Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  float32: Float32Array,
  float64: Float64Array,
};

/**
 * @param {Column["data"]} data
 * @returns {ArrayBuffer} of its own, so that any number type may lie on it
 */
function bytesOf(data) {
  if (typeof data === "string") {
    const text = atob(data);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return bytes.buffer;
  }
  if (data instanceof ArrayBuffer) return data;
  const start = data.byteOffset;
  return /** @type {ArrayBuffer} */ (data.buffer).slice(start, start + data.byteLength);
}

/**
 * @param {Column} column
 * @returns {Numbers}
 */
export function numbers(column) {
  const Kind = KINDS[column.dtype];
  if (!Kind) throw new Error(`expected a column of numbers, got ${column.dtype}`);
  return new Kind(bytesOf(column.data));
}

/**
 * @param {Column} column of dtype "json": a list in UTF-8
 * @returns {string[]}
 */
export function texts(column) {
  if (column.dtype !== "json") throw new Error(`expected a column of texts, got ${column.dtype}`);
  return JSON.parse(new TextDecoder().decode(bytesOf(column.data)));
}
