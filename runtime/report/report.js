"use strict";
// The page: sections made of the data of a run. Whatever is missing in the data has no section.

const run = JSON.parse(document.getElementById("run").textContent), pictures = JSON.parse(document.getElementById("pictures").textContent);
const page = document.getElementById("page"), links = make("nav", { "aria-label": "sections" });
const charts = [], players = [];

function section(title, ...children) {
  const id = title.toLowerCase().split(" ")[0];
  links.append(make("a", { href: "#" + id }, title));
  page.append(make("section", { id, "aria-labelledby": id + "-title" }, make("h2", { id: id + "-title" }, title), ...children));
}
function chartCard(...about) {
  charts.push(chart(...about));
  return charts.at(-1).card;
}
function table(columns, rows) { // columns: [[title, class], ..]
  return make("table", {}, make("thead", {}, make("tr", {}, ...columns.map(([title, name]) => make("th", { class: name, scope: "col" }, title)))),
    make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((cell, i) => make("td", { class: columns[i][1] }, cell))))));
}
function duration(seconds) {
  const s = Math.round(seconds), pad = (n) => String(n).padStart(2, "0"), hours = Math.floor(s / 3600);
  return (hours ? `${hours}:${pad(Math.floor(s / 60) % 60)}` : Math.floor(s / 60)) + ":" + pad(s % 60);
}

// ---- What stands at the top ----

// A run that was killed could not write so. Its page tells by its age: a report is due every few minutes, but never
// before the next hundred iterations are done.
const age = Date.now() / 1000 - run.written, silent = run.status === "running" && age > Math.max(900, 500 * (run.times.seconds_per_iteration || 0));

function heading() {
  const { config, times } = run, last = (points) => (points.length ? points.at(-1)[0] : 0);
  const at = Math.max(times.iteration || 0, ...run.curves.flatMap((c) => [last(c.train), last(c.epochs), last(c.test)]));
  const total = config.iterations || 0, percent = total ? Math.min(100, Math.floor((100 * at) / total)) : 0, running = run.status === "running" && !silent;
  const status = silent ? "no news" : run.status;
  document.title = `${run.model} – ${running && total ? percent + " %" : status}`;
  const of = (all) => (all ? make("small", {}, "/ " + whole(all)) : ""), tiles = [["iteration", whole(at), of(total)]];
  if (config.epoch_iterations) tiles.unshift(["epoch", whole(Math.ceil(at / config.epoch_iterations)), of(Math.ceil(total / config.epoch_iterations))]);
  if (times.elapsed) tiles.push(["elapsed", duration(times.elapsed)]);
  if (running && total && times.seconds_per_iteration) tiles.push(["remaining", duration((total - at) * times.seconds_per_iteration)]);
  if (times.speed.length) tiles.push(["images a second", whole(times.speed.at(-1)[1])]);
  if (times.waiting !== undefined) tiles.push(["waiting for other ranks", whole(100 * times.waiting), make("small", {}, " %")]);
  for (const c of run.curves.slice(0, 6))
    for (const [part, points] of [["test", c.test], ["train", c.train], ["train", c.epochs]])
      if (points.length) {
        tiles.push([`${c.name} (${part})`, brief(points.at(-1)[1])]);
        break;
      }
  const written = new Date(1000 * run.written);
  document.getElementById("top").append(
    make("div", { class: "title" }, make("h1", {}, run.model), make("span", { class: "status " + (silent ? "stopped" : run.status) }, status),
      make("p", { class: "soft" }, "written ", make("time", { datetime: written.toISOString() }, written.toLocaleString()), times.device ? `, on ${times.device}` : "", running ? ", loads itself again" : ""),
      silent ? make("p", {}, `The run was going on when this page was written, and has written nothing for ${duration(age)} since: it was probably killed. train --resume with its folder goes on with it.`) : ""),
    total ? make("div", { class: "track", role: "progressbar", "aria-label": "progress of the run", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": percent }, make("div", { style: `width:${percent}%` })) : make("p"),
    make("dl", { class: "tiles" }, ...tiles.map(([name, ...value]) => make("div", { class: "tile" }, make("dt", {}, name), make("dd", {}, ...value)))), links);
}

// ---- Curves ----

function curves() {
  const cards = run.curves.map((c) => {
    const series = [];
    if (c.train.length) series.push({ name: "train", color: "--train", points: c.train, kind: "lean" });
    if (c.epochs.length) series.push({ name: "train, epoch", color: "--train", points: c.epochs, kind: "marks" });
    if (c.test.length) series.push({ name: "test", color: "--test", points: c.test, kind: "marks" });
    return chartCard(c.name, run.maximized.includes(c.name) ? "maximized" : c.name.startsWith("loss.") ? "minimized" : "", series);
  });
  if (cards.length) section("Curves", make("div", { class: "grid" }, ...cards));
}

// ---- Pictures ----

// The largest whole number of screen pixels for a picture's pixel that has room, so that they stay even.
function fit(image, most) {
  const room = Math.min(most, image.parentElement.clientWidth - 28), ratio = window.devicePixelRatio || 1;
  const scale = Math.floor((room * ratio) / image.naturalWidth) / ratio;
  image.style.width = (scale > 0 ? scale * image.naturalWidth : room) + "px";
  image.style.imageRendering = scale > 0 ? "pixelated" : "auto";
}

function player(title, { count, frames }) {
  const image = make("img", { alt: "" }), label = make("output"), key = "frame " + title;
  const slider = make("input", { type: "range", min: 0, max: frames.length - 1, step: 1, "aria-label": `${title}: time` });
  const play = make("button", { type: "button", "aria-label": `${title}: play` }, "play");
  let timer = null;
  image.addEventListener("load", () => fit(image, 640));
  const show = (i) => {
    slider.value = i;
    slider.setAttribute("aria-valuetext", frames[i].label);
    image.src = frames[i].image;
    image.alt = `${title}, ${frames[i].label}`;
    label.textContent = frames[i].label;
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "play";
  };
  // Who looks at the newest sees the newest after a refresh, who chose an epoch that one.
  const before = kept(key), chosen = before ? frames.findIndex((f) => f.label === before) : -1;
  show(chosen >= 0 ? chosen : frames.length - 1);
  slider.addEventListener("input", () => {
    stop();
    show(+slider.value);
    kept(key, +slider.value === frames.length - 1 ? "" : frames[slider.value].label);
  });
  play.addEventListener("click", () => {
    if (timer) return stop();
    let i = +slider.value === frames.length - 1 ? 0 : +slider.value;
    play.textContent = "pause";
    show(i);
    timer = setInterval(() => (++i < frames.length ? show(i) : stop()), Math.max(120, 6000 / frames.length));
  });
  players.push({ playing: () => timer !== null, fit: () => image.naturalWidth && fit(image, 640) });
  return make("figure", { class: "card" }, make("div", { class: "head" }, make("h3", {}, title), frames.length < count ? make("span", { class: "soft" }, `${frames.length} of ${count}`) : ""), image,
    make("div", { class: "player" }, ...(frames.length > 1 ? [play, slider] : [make("span"), make("span")]), label));
}

function pictureSections() {
  const shown = [["Samples", pictures.samples], ["Reconstructions", pictures.reconstructions]].filter(([, p]) => p.frames.length);
  if (shown.length) section("Pictures", make("div", { class: "columns" }, ...shown.map(([title, p]) => player(title, p))));
  const codes = pictures.traversals.frames.map((t) => {
    const image = make("img", { src: t.image, alt: `traversal of the code ${t.label}` });
    image.addEventListener("load", () => fit(image, 560));
    players.push({ playing: () => false, fit: () => image.naturalWidth && fit(image, 560) });
    return make("figure", { class: "card" }, make("div", { class: "head" }, make("h3", {}, t.label)), image);
  });
  if (codes.length)
    section("Codes", make("p", { class: "soft" }, "Along a row one code changes and everything else stays."), make("div", { class: "columns gap" }, ...codes));
}

// ---- Quality ----

const measures = { "nearest.sample_to_sample": "from a sample to the nearest other sample", "nearest.data_to_data": "from an image of the data to the nearest other one",
  "nearest.sample_to_data": "from a sample to the nearest image of the data", duplicates: "share of samples with another one nearer than a hundredth of what images of the data are",
  cas: "share of the data that a linear classifier, which has learned from samples alone, finds right", "cas.real": "the same of a classifier that has learned from as much data",
  fid: "Frechet distance", kid: "kernel distance", precision: "share of samples within the data", recall: "share of the data within the samples", density: "how closely samples lie by data", coverage: "share of the data that has a sample nearby" };
// What the distances to nearest neighbours say in words.
function verdict(q) {
  const own = q["nearest.sample_to_sample"], real = q["nearest.data_to_data"], across = q["nearest.sample_to_data"], said = [];
  if (q.duplicates > 0.1) said.push(`${whole(100 * q.duplicates)} % of the samples are the same as another one: the model has collapsed, or nearly.`);
  else if (own < real / 2) said.push("Samples are more alike than the data is: part of its variety may be missing.");
  if (across < real / 4) said.push("Samples lie nearer to the data than it does to itself: they may be copies.");
  return said.join(" ") || "Samples are as far from each other, and from the data, as one would expect of new ones, or farther.";
}
function histogram(title, samples, data) { // a pair of bars for each class, as shares
  const sum = (all) => all.reduce((a, b) => a + b, 0) || 1, most = Math.max(...samples.map((n) => n / sum(samples)), ...data.map((n) => n / sum(data)));
  const names = run.config.classes || [], key = (name, color) => make("span", { class: "key marks", style: `--c:var(${color})` }, name), bar = (n, all, color) => make("div", { style: `--c:var(${color});width:${(100 * n) / sum(all) / most}%` });
  const rows = samples.map((n, i) => [names[i] || String(i), make("span", {}, bar(n, samples, "--train"), bar(data[i] || 0, data, "--test")), whole(n), whole(data[i] || 0)]);
  return make("div", { class: "card" }, make("div", { class: "head" }, make("h3", {}, title)), make("div", { class: "keys" }, key("samples", "--train"), key("data", "--test")), table([["class", "one"], ["", "share"], ["samples", "n"], ["data", "n"]], rows));
}
function quality() {
  const q = run.quality || {}, isNumber = (v) => typeof v === "number", cards = [];
  const rows = Object.keys(measures).filter((name) => isNumber(q[name])).map((name) => [name, brief(q[name]), measures[name]]);
  if (!rows.length) return;
  cards.push(make("div", { class: "card" }, make("p", {}, isNumber(q["nearest.data_to_data"]) ? verdict(q) : ""), table([["measure", "one"], ["", "n"], ["", ""]], rows)));
  for (const [name, samples] of Object.entries(q)) {
    const data = q[name.replace(/samples$/, "data")];
    if (name.startsWith("classes") && name.endsWith(".samples") && Array.isArray(samples) && Array.isArray(data))
      cards.push(histogram(name === "classes.samples" ? "Classes, by a linear classifier of the data" : `Classes, by ${name.slice(8, -8)}`, samples, data));
  }
  section("Quality", make("p", { class: "soft" }, `${whole(q.samples)} samples against as many images of the ${q.part === "test" ? "test" : "training"} part, at iteration ${whole(q.iteration)}.`), make("div", { class: "columns gap" }, ...cards));
}

// ---- Time ----

function kernels(all) {
  const rows = all.map((k) => ({ ...k, calls: k.calls || 1 })).map((k) => ({ ...k, time: k.ms * k.calls })).sort((a, b) => b.time - a.time);
  const total = rows.reduce((sum, k) => sum + k.time, 0) || 1, kinds = new Map();
  for (const k of rows) kinds.set(k.anchor || "other", (kinds.get(k.anchor || "other") || 0) + k.time);
  const order = [...kinds.keys()].sort((a, b) => kinds.get(b) - kinds.get(a)), color = (kind) => `--c:var(--k${Math.min(6, order.indexOf(kind))})`;
  const percent = (t) => ((100 * t) / total).toFixed(1) + " %";
  const parts = make("div", { class: "parts", role: "img", "aria-label": "share of each kind of kernel" }, ...order.map((kind) => make("div", { style: `${color(kind)};width:${(100 * kinds.get(kind)) / total}%`, title: kind })));
  const legend = make("div", { class: "keys" }, ...order.map((kind) => make("span", { class: "key marks", style: color(kind) }, kind + " ", make("b", {}, percent(kinds.get(kind))))));
  const cells = rows.map((k) => [k.label, make("div", { style: `${color(k.anchor || "other")};width:${(100 * k.time) / rows[0].time}%` }), percent(k.time), k.ms.toFixed(3), whole(k.calls), k.anchor || "", k.line ? make("a", { href: "#L" + k.line }, String(k.line)) : "", k.kernel || ""]);
  const body = table([["kernel", "one"], ["", "share"], ["share", "n"], ["ms a call", "n"], ["calls timed", "n"], ["kind", "one"], ["line", "n"], ["symbol", "mono one"]], cells);
  const late = [...body.querySelectorAll("tbody tr")].slice(12), more = make("button", { type: "button" });
  const open = (all) => {
    for (const row of late) row.hidden = !all;
    more.textContent = all ? "the slowest 12" : `all ${rows.length} kernels`;
    more.setAttribute("aria-expanded", all);
    kept("kernels", all ? "all" : "few");
  };
  more.addEventListener("click", () => open(late[0].hidden));
  if (late.length) open(kept("kernels") === "all");
  return make("div", { class: "card" }, make("div", { class: "head" }, make("h3", {}, "Kernels of a training iteration" + (run.times.device ? ` on ${run.times.device}` : "")), late.length ? more : ""), parts, legend, make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "table of kernels" }, body));
}
function time() {
  const parts = [];
  if (run.times.speed.length) parts.push(chartCard("images a second", "", [{ name: "train", color: "--train", points: run.times.speed, kind: "marks" }]));
  if (run.times.kernels && run.times.kernels.length) parts.push(kernels(run.times.kernels));
  if (parts.length) section("Time", make("div", { class: "stack" }, ...parts));
}

// ---- Model and configuration ----

const words = new RegExp("(#.*)|\\b(@keywords@|with)\\b", "g"); // the words of dsl/Keywords.def
function source(text) {
  const pre = make("pre");
  text.replace(/\n$/, "").split("\n").forEach((line, i) => {
    const row = make("span", { id: "L" + (i + 1) }, make("i", {}, String(i + 1)));
    let done = 0;
    for (const m of line.matchAll(words)) {
      row.append(line.slice(done, m.index), make(m[1] ? "em" : "b", {}, m[0]));
      done = m.index + m[0].length;
    }
    row.append(line.slice(done));
    pre.append(row, "\n");
  });
  return pre;
}
// A line is "3 linear n 40, bias on -> (40), 16040 parameters"; one that is not is shown as it is.
function layers(text) {
  const rows = text.split("\n").filter((line) => line.trim()).map((line) => {
    const m = line.match(/^\s*(\d+) (\S+) ?(.*?) ?-> (\([^)]*\))(?:, (\d+) parameters)?$/);
    return m ? [m[1], make("span", {}, m[2], " ", make("span", { class: "soft" }, m[3])), m[4], m[5] ? whole(m[5]) : ""] : ["", line, "", ""];
  });
  return table([["", "n"], ["layer", ""], ["shape", "one"], ["parameters", "n"]], rows);
}
function model() {
  const total = run.blocks.reduce((sum, b) => sum + b.parameters, 0);
  const cards = run.blocks.map((b) => make("div", { class: "card" }, make("div", { class: "head" }, make("h3", {}, `${b.kind} ${b.name}`), make("span", { class: "soft" }, whole(b.parameters) + " parameters")),
    make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `layers of ${b.name}` }, layers(b.layers))));
  section("Model", make("div", { class: "columns" },
    make("div", { class: "card" }, make("div", { class: "head" }, make("h3", {}, run.config.source_path || run.model), make("span", { class: "soft" }, whole(total) + " parameters in all")),
      make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "source of the model" }, source(run.source))),
    make("div", { class: "stack" }, ...cards)));
}
function configuration() {
  const rows = [], text = (v) => (Array.isArray(v) ? v.map(text).join(", ") : v !== null && typeof v === "object" ? JSON.stringify(v) : String(v));
  const add = (name, v) => rows.push(make("tr", {}, make("td", {}, name), make("td", { class: "mono value" }, text(v))));
  const isGroup = (v) => v !== null && typeof v === "object" && !Array.isArray(v), all = Object.entries(run.config);
  for (const [name, v] of all) if (!isGroup(v)) add(name, name === "classes" ? v.map((c, i) => i + " " + c) : v);
  for (const [name, group] of all) {
    if (!isGroup(group)) continue;
    rows.push(make("tr", {}, make("th", { class: "group", colspan: 2, scope: "colgroup" }, name)));
    for (const [inner, v] of Object.entries(group)) add(inner, v);
  }
  if (rows.length) section("Configuration", make("div", { class: "card scroll" }, make("table", {}, make("tbody", {}, ...rows))));
}

curves();
pictureSections();
quality();
time();
model();
configuration();
heading();
const drawAll = () => charts.forEach((c) => c.draw());
drawAll();
let width = page.clientWidth;
window.addEventListener("resize", () => {
  if (page.clientWidth === width) return; // a phone's bars come and go
  width = page.clientWidth;
  drawAll();
  players.forEach((p) => p.fit());
});

// ---- Refresh ----

if (run.status === "running") {
  const due = Date.now() + 30000;
  let pressed = false;
  window.addEventListener("pointerdown", () => (pressed = true));
  for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => (pressed = false));
  history.scrollRestoration = "manual";
  const at = kept("scroll");
  if (at) window.scrollTo(0, +at);
  kept("scroll", "");
  // Not while something plays or is held, nor behind another tab.
  setInterval(() => {
    if (Date.now() < due || pressed || document.hidden || players.some((p) => p.playing())) return;
    kept("scroll", Math.round(window.scrollY));
    location.reload();
  }, 1000);
}
