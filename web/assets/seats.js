// The seats of an event: the plan, which never changes, and their states, which
// do. A seat is known by its index in plan order. Fires `change` with the
// indices that changed.
export const FREE = 0;
export const HELD = 1;
export const SOLD = 2;
export const MINE = 3;
export const STATE_WORDS = ['available', 'held by someone else', 'sold', 'yours'];
const LETTERS = { '.': FREE, h: HELD, s: SOLD };

export class Seats extends EventTarget {
  #mine = new Set();

  constructor(plan) {
    super();
    this.sections = [];
    this.rows = [];
    let first = 0;
    for (const { name, price, rows } of plan.sections) {
      const section = { name, price, first, rows: [] };
      for (const { label, seats } of rows) {
        const row = { section, label, first, labels: seats, count: seats.length };
        section.rows.push(row);
        this.rows.push(row);
        first += seats.length;
      }
      section.count = first - section.first;
      this.sections.push(section);
    }
    this.count = first;
    this.version = -1;
    this.taken = new Uint8Array(first);
  }

  /** FREE, HELD, SOLD or MINE. */
  state(index) { return this.#mine.has(index) ? MINE : this.taken[index]; }

  rowOf(index) {
    let [low, high] = [0, this.rows.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.rows[middle].first <= index) low = middle; else high = middle - 1;
    }
    return this.rows[low];
  }

  /** `{seat, section, row, label, price}` or undefined. */
  describe(index) {
    if (!(index >= 0 && index < this.count)) return undefined;
    const row = this.rowOf(index);
    return { seat: index, section: row.section.name, row: row.label, label: row.labels[index - row.first], price: row.section.price };
  }

  free(section) {
    let free = 0;
    for (let i = section.first; i < section.first + section.count; i += 1) if (this.state(i) === FREE) free += 1;
    return free;
  }

  /** Versions are counted anew: the next answer of `/seats` counts. */
  forget() { this.version = -1; }

  /** The answer of `/seats`. */
  takeAll({ version, rows }) {
    if (version < this.version) return;
    const changed = [];
    rows.forEach((letters, r) => {
      const { first } = this.rows[r] ?? {};
      for (let i = 0; i < letters.length; i += 1) this.#set(first + i, letters[i], changed);
    });
    this.version = version;
    this.#tell(changed);
  }

  /** One `seats` message of the live stream. */
  takeChanges({ version, changes }) {
    if (version <= this.version) return;
    const changed = [];
    for (const [index, letter] of changes) this.#set(index, letter, changed);
    this.version = version;
    this.#tell(changed);
  }

  /** Which seats the buyer's own checkout holds. */
  setMine(indices) {
    const next = new Set(indices);
    const changed = [...this.#mine].filter((i) => !next.has(i));
    changed.push(...indices.filter((i) => !this.#mine.has(i)));
    this.#mine = next;
    this.#tell(changed);
  }

  #set(index, letter, changed) {
    const state = LETTERS[letter] ?? SOLD;
    if (index >= this.count || this.taken[index] === state) return;
    this.taken[index] = state;
    changed.push(index);
  }

  #tell(changed) {
    if (changed.length > 0) this.dispatchEvent(new CustomEvent('change', { detail: changed }));
  }

  /** `count` free seats side by side, as near as possible to `index`; or null. */
  nearby(index, count) {
    const from = this.rowOf(index);
    const home = this.rows.indexOf(from);
    let best = null;
    for (const [r, row] of this.rows.entries()) {
      const rowsAway = Math.abs(r - home) + (row.section === from.section ? 0 : 40);
      if (best && rowsAway * 3 >= best.cost) continue;
      for (let start = 0; start + count <= row.count; start += 1) {
        let run = 0;
        while (run < count && this.state(row.first + start + run) === FREE) run += 1;
        if (run < count) continue;
        const cost = rowsAway * 3 + Math.abs(start + (count - 1) / 2 - (index - from.first) - (row.count - from.count) / 2);
        if (!best || cost < best.cost) best = { cost, seats: Array.from({ length: count }, (_, i) => row.first + start + i) };
      }
    }
    return best?.seats ?? null;
  }
}
