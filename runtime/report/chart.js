"use strict";
// Curves as SVG, drawn at the width they have on the screen, so that letters and lines keep their size.

const svgTags = ["svg", "path", "line", "text", "circle", "clipPath", "rect"];

// make("p", {class: "soft"}, "text", child, ..): an element. Text stays text: nothing here is ever parsed as HTML.
function make(tag, attributes, ...children) {
  const element = svgTags.includes(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

// What the reader chose, for as long as the tab is open.
function kept(key, value) {
  try {
    if (value !== undefined) sessionStorage.setItem(location.pathname + " " + key, value);
    return sessionStorage.getItem(location.pathname + " " + key);
  } catch {
    return null; // not allowed by the browser
  }
}

const finite = (v) => v !== null && isFinite(v);
const whole = (v) => Math.round(v).toLocaleString("en");
function brief(v) {
  if (!finite(v)) return "not finite";
  const size = Math.abs(v);
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) return v.toExponential(2);
  return size >= 1e4 ? whole(v) : String(+v.toPrecision(5));
}
function axisText(v) {
  const size = Math.abs(v);
  if (size >= 1e12) return v.toExponential(0);
  for (const [unit, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]])
    if (size >= unit * (unit === 1e3 ? 10 : 1)) return +(v / unit).toPrecision(4) + letter;
  return size !== 0 && size < 1e-3 ? v.toExponential(0) : String(+v.toPrecision(4));
}

// Round numbers of [lo, hi], about `count`.
function ticks(lo, hi, count) {
  const raw = (hi - lo) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= raw * 0.75), out = [];
  for (let k = Math.ceil(lo / step - 1e-9); k * step <= hi + step * 1e-9; ++k) out.push(k * step);
  return out;
}
// The same for a logarithmic axis: powers of ten, with 2 and 5 between where there is room.
function logTicks(lo, hi, count) {
  const decades = Math.ceil(Math.log10(hi / lo) / count) || 1, first = Math.floor(Math.log10(lo)), out = [];
  for (let d = first; 10 ** d <= hi; d += decades)
    for (const m of Math.log10(hi / lo) * 3 <= count ? [1, 2, 5] : [1]) if (m * 10 ** d >= lo && m * 10 ** d <= hi) out.push(m * 10 ** d);
  return out.length > 1 ? out : ticks(lo, hi, count);
}

let clips = 0;

// A card with the curves of one quantity. series: [{name, color, points: [[x, y or null], ..], kind}], kind "lean" (a
// thin line) or "marks" (a line with a mark at each point). The legend tells the last values, or those under the pointer.
// `draw` is called when the card has its place on the page, and again when its width changes.
function chart(title, note, series) {
  const values = series.flatMap((s) => s.points.map((p) => p[1])).filter(finite), sorted = Float64Array.from(values).sort();
  const quantile = (q) => sorted[Math.round(q * (sorted.length - 1))];
  const modes = {};
  const keys = make("div", { class: "keys", "aria-live": "polite" }), plot = make("div");
  const head = make("div", { class: "head" }, make("h3", {}, title), note && make("span", { class: "soft" }, note));
  const mode = (name, means) => {
    modes[name] = kept(name + " " + title) === "on";
    const button = make("button", { type: "button", title: means, "aria-label": `${means}: ${title}`, "aria-pressed": modes[name] }, name);
    button.addEventListener("click", () => {
      modes[name] = !modes[name];
      kept(name + " " + title, modes[name] ? "on" : "off");
      button.setAttribute("aria-pressed", modes[name]);
      draw();
    });
    head.append(button);
  };
  if (values.length > 1 && sorted[0] > 0) mode("log", "logarithmic scale");
  if (values.length >= 20 && quantile(0.95) - quantile(0.05) < 0.6 * (quantile(1) - quantile(0)))
    mode("zoom", "scale without the lowest and highest 5 % of the values");

  const xs = [...new Set(series.flatMap((s) => s.points.map((p) => p[0])))].sort((a, b) => a - b);
  // The values at x, where a series has one; null: the last of each.
  function tell(x) {
    const texts = series.map((s) => {
      const p = x === null ? s.points.at(-1) : s.points.find((q) => q[0] === x);
      return make("span", { class: "key " + s.kind, style: `--c:var(${s.color})` }, s.name + " ", make("b", {}, p ? brief(p[1]) : "–"));
    });
    const place = make("span", {}, "iteration ", make("b", {}, whole(x === null ? xs.at(-1) : x)));
    keys.replaceChildren(...texts, xs.length ? place : "");
  }

  function draw() {
    tell(null);
    if (!values.length) return plot.replaceChildren(make("p", { class: "soft" }, "no finite value so far"));
    const W = Math.max(240, plot.clientWidth), H = 210, top = 8, bottom = 24, right = 12;
    let lo = modes.zoom ? quantile(0.05) : sorted[0], hi = modes.zoom ? quantile(0.95) : sorted[sorted.length - 1];
    const f = modes.log ? Math.log10 : (v) => v;
    if (lo === hi) [lo, hi] = modes.log ? [lo / 2, hi * 2] : [lo - (Math.abs(lo) / 10 || 1), hi + (Math.abs(hi) / 10 || 1)];
    const marks = modes.log ? logTicks(lo, hi, 5) : ticks(lo, hi, 5), left = 14 + 6.4 * Math.max(...marks.map((t) => axisText(t).length));
    const x0 = xs[0], x1 = xs.at(-1), pad = 0.04 * (f(hi) - f(lo)), y0 = f(lo) - pad, y1 = f(hi) + pad;
    const X = (v) => (x1 > x0 ? left + ((v - x0) / (x1 - x0)) * (W - left - right) : (left + W - right) / 2);
    const Y = (v) => H - bottom - ((f(v) - y0) / (y1 - y0)) * (H - top - bottom);
    const box = { x: left - 4, y: top - 4, width: W - left - right + 9, height: H - top - bottom + 8 }, id = `clip${++clips}`;
    const svg = make("svg", { viewBox: `0 0 ${W} ${H}`, height: H, role: "img", tabindex: 0, "aria-label": `curves of ${title}; arrow keys read values` },
      make("clipPath", { id }, make("rect", box)));
    for (const t of marks)
      svg.append(make("line", { class: "rule", x1: left, x2: W - right, y1: Y(t), y2: Y(t) }), make("text", { x: left - 6, y: Y(t) + 4, "text-anchor": "end" }, axisText(t)));
    for (const t of x1 > x0 ? ticks(x0, x1, W / 90).filter(Number.isInteger) : [x0])
      svg.append(make("text", { x: Math.min(X(t), W - 14), y: H - 6, "text-anchor": "middle" }, axisText(t)));
    for (const s of series) svg.append(...lines(s, X, Y, id));

    const hair = make("line", { class: "hair", y1: top, y2: H - bottom, visibility: "hidden" });
    svg.append(hair);
    let at = null; // index into xs
    const look = (i) => {
      at = i;
      hair.setAttribute("visibility", i === null ? "hidden" : "visible");
      if (i !== null) for (const end of ["x1", "x2"]) hair.setAttribute(end, X(xs[i]));
      tell(i === null ? null : xs[i]);
    };
    const point = (event) => {
      const frame = svg.getBoundingClientRect(), x = ((event.clientX - frame.left) / frame.width) * W;
      look(xs.reduce((best, v, i) => (Math.abs(X(v) - x) < Math.abs(X(xs[best]) - x) ? i : best), 0));
    };
    svg.addEventListener("pointermove", point);
    svg.addEventListener("pointerdown", point);
    svg.addEventListener("pointerleave", () => look(null));
    svg.addEventListener("blur", () => look(null));
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      look(Math.max(0, Math.min(xs.length - 1, (at === null ? xs.length : at) + step)));
    });
    plot.replaceChildren(svg);
  }
  return { card: make("div", { class: "card" }, head, keys, plot), draw };
}

// The elements of one series: a line that breaks where values are not finite, and marks.
function lines(series, X, Y, clip) {
  const points = series.points, out = [], attributes = { "clip-path": `url(#${clip})` };
  const marked = series.kind === "marks" && points.length <= 120;
  let path = "", pen = false;
  points.forEach(([x, y], i) => {
    if (!finite(y)) return void (pen = false);
    path += `${pen ? "L" : "M"}${X(x).toFixed(1)} ${Y(y).toFixed(1)}`;
    const alone = !pen && !(i + 1 < points.length && finite(points[i + 1][1]));
    if (marked || alone) out.push(make("circle", { ...attributes, cx: X(x), cy: Y(y), r: points.length > 50 ? 1.8 : 2.8, fill: `var(${series.color})` }));
    pen = true;
  });
  if (path) out.unshift(make("path", { ...attributes, class: "curve " + (series.kind === "lean" ? "thin" : ""), d: path, style: `stroke:var(${series.color})` }));
  return out;
}
