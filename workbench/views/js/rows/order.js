// Rows of any table: in which order they stand, and which are chosen. Pure: no page is needed.

/** @typedef {{id: string, rank: number}} AnyRow an id that no other has, and its place unless others are asked for, from 1 on */
/**
 * @template {AnyRow} Row
 * @typedef {[string, string, "n" | "", boolean, (row: Row) => number | string | null]} Column key, heading, "n" for numbers, whether the largest come first, what rows are ordered by
 */

/**
 * @template T
 * @param {Record<string, T>} record
 * @param {string} key foreign text, which may be the name of what all objects have
 * @returns {T | undefined}
 */
export function own(record, key) {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** @param {Column<any>[]} columns @param {string} key @returns {boolean} whether its largest come first, unless told otherwise */
export const fallsFirst = (columns, key) => columns.some(([name, , , isFalling]) => name === key && isFalling);

/** @param {number | string | null} one @param {number | string | null} other both known */
function compare(one, other) {
  if (typeof one === "string") return one.localeCompare(String(other), "en", { numeric: true });
  return Number(one) - Number(other);
}

/**
 * @template {AnyRow} Row
 * @param {Row[]} rows in the order of their ranks
 * @param {Column<Row>[]} columns
 * @param {string} key of a column
 * @param {boolean} isFalling
 * @param {(one: Row, other: Row) => number} [then] what orders those that the column does not tell apart
 * @returns {Row[]} what is not known last, ties as they are ranked
 */
export function sortedRows(rows, columns, key, isFalling, then = () => 0) {
  const of = columns.find(([name]) => name === key)?.[4] ?? ((/** @type {Row} */ row) => row.rank);
  const sign = isFalling ? -1 : 1;
  return rows.map((row) => ({ row, by: of(row) })).sort((i, j) => {
    if (i.by === null || j.by === null) return Number(i.by === null) - Number(j.by === null) || i.row.rank - j.row.rank;
    return sign * compare(i.by, j.by) || sign * then(i.row, j.row) || i.row.rank - j.row.rank;
  }).map(({ row }) => row);
}

/**
 * Ids that are chosen after one more was clicked.
 * @param {string[]} shown ids, as they stand
 * @param {string[]} selected the last of them is the one that is shown
 * @param {string} id that was clicked
 * @param {"alone" | "toggle" | "range"} how
 * @returns {string[]}
 */
export function selectedAfter(shown, selected, id, how) {
  const others = selected.filter((one) => one !== id);
  if (how === "alone" || !selected.length) return [id];
  if (how === "toggle") return others.length < selected.length ? others : [...others, id];
  const [from, to] = [shown.indexOf(selected[selected.length - 1]), shown.indexOf(id)];
  if (from < 0) return [id];
  const range = shown.slice(Math.min(from, to), Math.max(from, to) + 1);
  return [...new Set([...others, ...range.filter((one) => one !== id)]), id];
}
