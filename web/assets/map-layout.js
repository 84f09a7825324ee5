// Where each seat stands. A plan names sections, rows and seats but no places, so
// the hall is laid out here: the stage on top, sections side by side in tiers,
// rows bent around the stage. One unit is the distance between two seats.
const SECTION_GAP = 2;
const TIER_GAP = 2.8;
const ROW_PITCH = 1.12;
const STAGE_HEIGHT = 3.6; // with the room before the first row, in a small hall
const BEND = 0.09;
const SHAPE = 1.25; // width to height
const MOST_IN_A_TIER = 40;

/** `{x, y, sections, width, height, stage}`; x and y by seat index. */
export function layOut(seats) {
  const x = new Float32Array(seats.count);
  const y = new Float32Array(seats.count);
  const blocks = seats.sections.map((section) => ({
    section,
    width: Math.max(1, ...section.rows.map(({ count }) => count)),
    height: Math.max(1, section.rows.length) * ROW_PITCH,
  }));
  const tiers = pack(blocks);
  const width = Math.max(1, ...tiers.map((tier) => tier.width));
  const stage = { width: Math.max(Math.min(width * 0.5, 28), width * 0.3), height: Math.max(1.7, width * 0.02) };
  let top = STAGE_HEIGHT - 1.7 + stage.height;
  const firstRow = top;
  const sections = [];
  for (const tier of tiers) {
    let left = -tier.width / 2;
    const deepest = bend(tier.width / 2, width);
    for (const block of tier.blocks) {
      const box = { ...block, left, top, bottom: top + block.height, right: left + block.width };
      block.section.rows.forEach((row, r) => {
        const start = left + (block.width - row.count) / 2 + 0.5;
        for (let i = 0; i < row.count; i += 1) {
          x[row.first + i] = start + i;
          y[row.first + i] = top + (r + 0.5) * ROW_PITCH - bend(start + i, width);
        }
      });
      sections.push(box);
      left = box.right + SECTION_GAP;
    }
    top += Math.max(...tier.blocks.map(({ height }) => height)) + TIER_GAP + deepest * 0.15;
  }
  const lift = bend(width / 2, width);
  return { x, y, sections, width, left: -width / 2, top: Math.min(0, firstRow - lift - 1.4), bottom: top - TIER_GAP + 0.5, bend: (at) => bend(at, width), stage };
}

/** Rows rise towards their ends, like seats around a stage. */
const bend = (x, width) => (x * x * BEND * 2) / Math.max(width, 12);

/** Sections in order, side by side in tiers, so that the hall comes nearest to a screen's shape. */
function pack(blocks) {
  const widths = new Set();
  const widest = Math.max(0, ...blocks.map(({ width }) => width));
  for (let first = 0; first < blocks.length; first += 1) {
    let width = -SECTION_GAP;
    for (let last = first; last < Math.min(blocks.length, first + MOST_IN_A_TIER); last += 1) {
      width += SECTION_GAP + blocks[last].width;
      if (width >= widest) widths.add(width);
    }
  }
  let best = { cost: Infinity, tiers: [] };
  for (const width of widths) {
    const tiers = fill(blocks, width);
    const height = tiers.reduce((sum, tier) => sum + TIER_GAP + Math.max(...tier.blocks.map((block) => block.height)), STAGE_HEIGHT);
    const empty = tiers.reduce((sum, tier) => sum + (width - tier.width) / width, 0) / tiers.length;
    const cost = Math.abs(Math.log(width / height / SHAPE)) + empty * 0.5 + parted(tiers) * 0.3;
    if (cost < best.cost) best = { cost, tiers };
  }
  return best.tiers;
}

/**
 * How often tiers part what belongs together, or mix it with others: sections of
 * one first word (Balcony left, centre, right), if they are few.
 */
function parted(tiers) {
  const family = ({ section: { name } }) => (name.includes(' ') ? name.split(' ')[0] : name);
  const sizes = new Map();
  for (const block of tiers.flatMap((tier) => tier.blocks)) sizes.set(family(block), (sizes.get(family(block)) ?? 0) + 1);
  const isFamily = (name) => sizes.get(name) > 1 && sizes.get(name) <= 8;
  let count = 0;
  const homes = new Map();
  for (const tier of tiers) {
    const families = new Set(tier.blocks.map(family));
    if (families.size > 1 && [...families].some(isFamily)) count += 1;
    for (const name of families) homes.set(name, (homes.get(name) ?? 0) + 1);
  }
  for (const [name, places] of homes) if (isFamily(name)) count += places - 1;
  return count;
}

function fill(blocks, widest) {
  const tiers = [];
  for (const block of blocks) {
    const tier = tiers.at(-1);
    if (tier && tier.width + SECTION_GAP + block.width <= widest + 0.01) {
      tier.blocks.push(block);
      tier.width += SECTION_GAP + block.width;
    } else {
      tiers.push({ blocks: [block], width: block.width });
    }
  }
  return tiers;
}

/** The seat at a place of the hall, or -1. */
export function seatAt(layout, x, y) {
  const flat = y + layout.bend(x);
  for (const { section, left, right, top, bottom, width } of layout.sections) {
    if (x < left || x >= right || flat < top || flat >= bottom) continue;
    const row = section.rows[Math.floor((flat - top) / ROW_PITCH)];
    if (!row) continue;
    const i = Math.floor(x - left - (width - row.count) / 2);
    return i >= 0 && i < row.count ? row.first + i : -1;
  }
  return -1;
}

/** The nearest seat in a direction (`dx`, `dy` of -1, 0, 1), for arrow keys. */
export function neighbour(layout, seats, from, dx, dy) {
  const row = seats.rowOf(from);
  if (dy === 0) {
    const next = from + dx;
    if (next >= row.first && next < row.first + row.count) return next;
  }
  let best = -1;
  let cost = Infinity;
  for (let i = 0; i < seats.count; i += 1) {
    const away = dx === 0 ? (layout.y[i] + layout.bend(layout.x[i]) - layout.y[from] - layout.bend(layout.x[from])) * dy : (layout.x[i] - layout.x[from]) * dx;
    if (away <= 0.5) continue;
    const aside = dx === 0 ? Math.abs(layout.x[i] - layout.x[from]) : Math.abs(layout.y[i] - layout.y[from]);
    if (away + aside * 2 < cost) {
      cost = away + aside * 2;
      best = i;
    }
  }
  return best;
}
