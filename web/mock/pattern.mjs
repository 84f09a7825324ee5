// Looks like a QR code and is none: only the real server draws one to scan.
import { createHash } from 'node:crypto';

const SIZE = 25;

export function pattern(text) {
  const bits = [];
  for (let i = 0; bits.length < SIZE * SIZE; i += 1) {
    for (const byte of createHash('sha256').update(`${text}${i}`).digest()) for (let b = 0; b < 8; b += 1) bits.push((byte >> b) & 1);
  }
  const finders = [[0, 0], [SIZE - 7, 0], [0, SIZE - 7]];
  const dark = (x, y) => {
    for (const [fx, fy] of finders) {
      const [dx, dy] = [x - fx, y - fy];
      if (dx < -1 || dx > 7 || dy < -1 || dy > 7) continue;
      const ring = Math.max(Math.abs(dx - 3), Math.abs(dy - 3));
      return ring === 3 || ring < 2;
    }
    return bits[y * SIZE + x] === 1;
  };
  let path = '';
  for (let y = 0; y < SIZE; y += 1) for (let x = 0; x < SIZE; x += 1) if (dark(x, y)) path += `M${x + 2} ${y + 2}h1v1h-1z`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE + 4} ${SIZE + 4}" shape-rendering="crispEdges"><rect width="100%" height="100%" fill="#fff"/><path d="${path}" fill="#000"/></svg>`;
}
