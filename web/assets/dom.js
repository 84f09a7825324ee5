// Builds elements. Properties: `class`, `text`, `on…` handlers, everything else
// an attribute; false, null and undefined leave an attribute out.
export function el(tag, properties = {}, ...children) {
  const svg = tag === 'svg' || SVG_TAGS.has(tag);
  const node = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === 'text') node.textContent = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const SVG_TAGS = new Set(['path', 'circle', 'rect', 'g', 'line', 'polyline', 'defs', 'linearGradient', 'stop', 'use']);

export const byId = (id) => document.getElementById(id);

export function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

/** Writes a text only if it differs, so that nothing is announced or repainted for nothing. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
