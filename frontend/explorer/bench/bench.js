import init, { Bench } from './explorer.js';

await init();
const canvas = document.getElementById('graph');
canvas.width = innerWidth;
canvas.height = innerHeight;
const bench = new Bench(canvas);

let positions, ends, bounds;

const frames = async (n) => {
  while (n-- > 0) await new Promise(requestAnimationFrame);
};
const until = async (holds) => {
  while (!holds()) await frames(1);
};

function fit() {
  bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i += 2) {
    const [x, y] = [positions[i], positions[i + 1]];
    bounds = [Math.min(bounds[0], x), Math.min(bounds[1], y), Math.max(bounds[2], x), Math.max(bounds[3], y)];
  }
}

/** 1 is the whole graph with a little room; `dx` and `dy` are parts of the canvas at that scale. */
function view(scale, dx, dy) {
  const [left, top, right, bottom] = bounds;
  const pixels = Math.min(canvas.width / (right - left || 1), canvas.height / (bottom - top || 1)) * 0.95 * scale;
  const x = (left + right) / 2 - (dx * canvas.width * scale) / pixels;
  const y = (top + bottom) / 2 - (dy * canvas.height * scale) / pixels;
  bench.view(x, y, pixels);
}

function base64(numbers) {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

window.__bench = {
  name: 'rollcall',

  async load(url) {
    const { nodes, edges } = await (await fetch(url)).json();
    const start = performance.now();
    positions = Float32Array.from({ length: 2 * nodes.x.length }, (_, i) => (i % 2 ? nodes.y : nodes.x)[i >> 1]);
    ends = Uint32Array.from({ length: 2 * edges.s.length }, (_, i) => (i % 2 ? edges.t : edges.s)[i >> 1]);
    fit();
    bench.show(positions, Uint8Array.from(nodes.kind), ends);
    view(1, 0, 0);
    const buildMs = performance.now() - start;
    await until(() => bench.is_sharp() && bench.is_ready());
    await frames(3);
    return { buildMs };
  },

  /** The time is that from asking the worker to hearing from it. Every place that it tells is kept. */
  layout({ maxMs }) {
    return new Promise((resolve) => {
      const start = performance.now();
      const kept = [];
      let next = 0;
      bench.lay_out(positions.length / 2, ends, (places, isDone, it) => {
        const ms = performance.now() - start;
        const isLast = isDone || ms > maxMs;
        if (next === Infinity) return;
        if (ms < next && !isLast) return;
        kept.push({ ms, it, places });
        next = isLast ? Infinity : ms * 1.15;
        if (!isLast) return;
        positions = places;
        fit();
        resolve({ ms, it, selfStopped: isDone, snaps: kept.map(({ places, ...at }) => ({ ...at, pos: base64(places) })) });
      });
    });
  },

  view,
  positions: () => positions,

  /** Milliseconds from the end of motion to the sharp picture. */
  async rest() {
    const start = performance.now();
    await until(() => bench.is_sharp());
    return performance.now() - start;
  },
};
