// What a widget is driven by where there is no kernel: the values it was saved with.

/** @typedef {import("./types").Model} Model */

/**
 * @param {Record<string, any>} state
 * @returns {Model}
 */
export function savedModel(state) {
  /** @type {Map<string, Set<(...args: any[]) => void>>} */
  const listeners = new Map();
  const emit = /** @param {string} name @param {...any} values */ (name, ...values) => {
    for (const act of [...(listeners.get(name) ?? [])]) act(...values);
  };
  return {
    isSaved: true,
    get: (name) => state[name],
    set(name, value) {
      if (state[name] === value) return;
      state[name] = value;
      emit(`change:${name}`, value);
      emit("change");
    },
    save_changes() {},
    send(content) {
      emit("msg:custom", { kind: "unheard", about: content?.kind ?? "" }, []);
    },
    on(name, act) {
      if (!listeners.has(name)) listeners.set(name, new Set());
      listeners.get(name)?.add(act);
    },
    off(name, act) {
      if (act) listeners.get(name ?? "")?.delete(act);
      else if (name) listeners.delete(name);
      else listeners.clear();
    },
  };
}
