// Mouse, touch, pen and keys on the map. At the whole view a finger scrolls the
// page; zoomed in it moves the map. The wheel zooms once the map was clicked, or
// with Ctrl, so that it does not catch a page that only scrolls by.
const DRAG_PIXELS = 6;
const KEY_PAN_PIXELS = 80;
const STEP = 1.6;

/** `act`: `tap(x, y, kind)`, `hover(x, y)` or `hover(null)`, `cursor(dx, dy)`, `choose()`. */
export function listen(canvas, view, act) {
  const pointers = new Map();
  let moved = false;
  let span = 0;

  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  canvas.addEventListener('pointerdown', (event) => {
    pointers.set(event.pointerId, at(event));
    if (pointers.size === 1) moved = false;
    else span = 0;
  });

  canvas.addEventListener('pointermove', (event) => {
    const now = at(event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType === 'mouse') act.hover(now.x, now.y);
      return;
    }
    if (!moved && Math.hypot(now.x - before.x, now.y - before.y) < DRAG_PIXELS && pointers.size === 1) return;
    moved = true;
    canvas.setPointerCapture(event.pointerId);
    act.hover(null);
    pointers.set(event.pointerId, now);
    if (pointers.size === 1) {
      view.pan(now.x - before.x, now.y - before.y);
    } else {
      const [a, b] = [...pointers.values()];
      const distance = Math.hypot(a.x - b.x, a.y - b.y);
      if (span > 0) view.zoom(distance / span, (a.x + b.x) / 2, (a.y + b.y) / 2);
      span = distance;
    }
  });

  const lift = (event) => {
    const last = pointers.get(event.pointerId);
    pointers.delete(event.pointerId);
    span = 0;
    if (last && !moved && event.type === 'pointerup') act.tap(last.x, last.y, event.pointerType);
  };
  canvas.addEventListener('pointerup', lift);
  canvas.addEventListener('pointercancel', lift);
  canvas.addEventListener('pointerleave', () => act.hover(null));

  canvas.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) return;
    const zoomsOut = event.deltaY > 0;
    if (zoomsOut && view.isWhole && !event.ctrlKey) return;
    event.preventDefault();
    const { x, y } = at(event);
    const lines = event.deltaMode === 1 ? 16 : 1;
    view.zoom(Math.exp(-Math.max(-120, Math.min(120, event.deltaY * lines)) / (event.ctrlKey ? 120 : 300)), x, y);
  }, { passive: false });

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow && event.shiftKey) view.pan(-arrow[0] * KEY_PAN_PIXELS, -arrow[1] * KEY_PAN_PIXELS, true);
    else if (arrow) act.cursor(...arrow);
    else if (event.key === '+' || event.key === '=') view.zoom(STEP, undefined, undefined, true);
    else if (event.key === '-') view.zoom(1 / STEP, undefined, undefined, true);
    else if (event.key === '0' || event.key === 'Home') view.whole();
    else if (event.key === 'Enter' || event.key === ' ') act.choose();
    else return;
    event.preventDefault();
  });
}

export const ZOOM_STEP = STEP;
