// How many columns of tiles make the pictures largest.

/** For `count` tiles in a room of this size in pixels. */
export function columnsFor(count, { width, height }) {
  let best = { columns: 1, size: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const [across, down] = [width / columns, Math.max(height / rows - STRIP, 1)];
    const size = Math.min(across / SHAPE, down);
    // Of two that are as good, the one with fewer empty places.
    if (size > best.size * 1.01) best = { columns, size };
  }
  return best.columns;
}

/** Most cameras' width by their height. */
const SHAPE = 4 / 3;
/** Height of the strip below a picture. */
const STRIP = 30;
