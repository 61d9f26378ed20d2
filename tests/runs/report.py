"""report.html of a real run: its data is that of the run folder, and a browser shows all of it without a complaint.

usage: report.py GANC MODEL.gan FOLDER
Skipped (77) after the first half where there is no headless Chromium; screenshots stay in FOLDER to be looked at.
"""
import base64
import glob
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time

BROWSER = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None)
DARK = "--blink-settings=preferredColorScheme=0"

# Presses and moves everything that can be, then tells what it found as attributes of <body>.
PROBE = r"""
<script>
window.addEventListener("load", () => setTimeout(() => {
  const all = (what) => [...document.querySelectorAll(what)], seen = {};
  const wide = () => document.documentElement.scrollWidth > window.innerWidth;
  seen.overflow = wide();
  seen.unnamed = all("button, input, img, svg").filter((e) => !(e.getAttribute("aria-label") || e.textContent || e.alt)).length;
  seen.broken = all("path, circle, line").filter((e) => /NaN|Infinity|undefined/.test(e.outerHTML)).length;
  seen.wrong = /\b(NaN|undefined|Infinity|Invalid Date)\b/.test(document.querySelector("main").innerText + document.querySelector("header").innerText);
  seen.curves = all("path.curve").length;
  for (const svg of all("svg")) {
    const box = svg.getBoundingClientRect(), keys = svg.closest(".card").querySelector(".keys"), before = keys.textContent;
    svg.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + 50, clientY: box.top + 50 }));
    seen.hover = (seen.hover || 0) + (keys.textContent !== before);
    svg.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
    svg.dispatchEvent(new PointerEvent("pointerleave"));
  }
  for (const button of all(".head button")) button.click();
  seen.broken += all("path, circle, line").filter((e) => /NaN|Infinity|undefined/.test(e.outerHTML)).length;
  const pictures = new Set();
  for (const slider of all("input")) {
    const image = slider.closest("figure").querySelector("img");
    for (slider.value = 0; ; ++slider.value) {
      slider.dispatchEvent(new Event("input"));
      pictures.add(image.src);
      if (slider.value === slider.max) break;
    }
  }
  seen.pictures = pictures.size;
  seen.unloaded = all("img").filter((e) => !e.naturalWidth).length;
  for (const button of all(".player button")) button.click();
  seen.playing = all(".player button").filter((e) => e.textContent === "pause").length;
  seen.overflow = seen.overflow || wide();
  document.body.dataset.seen = JSON.stringify(seen);
}, 100));
</script>
"""
# Of each time that the page is loaded: the picture shown. Then chooses the first one.
TELL = """
<script>
const slider = document.querySelector("input");
parent.postMessage(slider.value, "*");
slider.value = 0;
slider.dispatchEvent(new Event("input"));
</script>
"""
# In a frame, because a browser under virtual time waits forever for a page that replaces itself.
FRAME = """<!DOCTYPE html>
<link rel="icon" href="data:,">
<body data-seen="">
<script>window.addEventListener("message", (event) => (document.body.dataset.seen += event.data + " "));</script>
<iframe src="told.html" width="1000" height="800"></iframe>
"""


def browse(path, *options, milliseconds=3000):
    """What --dump-dom prints after that time of the page's own clock; fails on any message of the console."""
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr", f"--virtual-time-budget={milliseconds}", *options, "file://" + path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    told = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not told, told
    return done.stdout


def part_of(page, name):
    return re.search(rf'(<script type="application/json" id="{name}">)(.*?)(</script>)', page, re.S)


def read(path):
    with open(path) as file:
        return file.read()


def data_of(path, name="run"):
    return json.loads(part_of(read(path), name).group(2))


def page_with(path, copy, script, run=None):
    """A copy with a script at its end and, where given, other data."""
    page = read(path)
    if run:
        part = part_of(page, "run")
        page = page[: part.start(2)] + json.dumps(run).replace("<", "\\u003c") + page[part.end(2) :]
    with open(copy, "w") as file:
        file.write(page.replace("</body>", script + "</body>"))
    return copy


def check_data(run, page):
    lines = [json.loads(line) for line in read(os.path.join(run, "metrics.jsonl")).splitlines()]
    data, pictures = data_of(page), data_of(page, "pictures")
    assert len(data["curves"]) >= 2
    for curve in data["curves"]:
        name = curve["name"]
        assert curve["train"] == [[line["iteration"], line[name]] for line in lines if name in line], name
        for key, part in (("epochs", "train"), ("test", "test")):
            assert curve[key] == [[line["iteration"], line[part][name]] for line in lines if "epoch" in line], name
    for kind in ("samples", "reconstructions"):
        files = sorted(glob.glob(os.path.join(run, kind, "*.png")))
        frames = pictures[kind]["frames"]
        assert pictures[kind]["count"] == len(files) and len(frames) == min(len(files), 40) > 1, kind
        chosen = [files[i * (len(files) - 1) // 39] for i in range(40)] if len(files) > 40 else files
        for shown, path in zip(frames, chosen):
            with open(path, "rb") as file:
                assert base64.b64decode(shown["image"].split(",")[1]) == file.read(), path
    assert data["times"]["kernels"] and data["times"]["speed"] and data["times"]["elapsed"] > 0


def check_seen(page, *options):
    seen = json.loads(re.search(r'data-seen="(.*?)"', browse(page, "--dump-dom", *options)).group(1).replace("&quot;", '"'))
    assert not (seen["overflow"] or seen["unnamed"] or seen["wrong"] or seen["broken"] or seen["unloaded"]), seen
    return seen


def check_page(page, folder):
    dom = browse(page, "--dump-dom", "--window-size=1280,1000")
    assert dom.count("<svg") >= 3 and dom.count('type="range"') == 2 and dom.count("<table>") == 6, "something is missing"
    assert "share of samples with another one" in dom and "Classes, by a linear classifier" in dom, "nothing is said of quality"
    assert "<b>bold</b>" not in dom and "&lt;b&gt;bold" in dom, "the model's text is not shown as text"
    sizes = {"light": ["--window-size=1280,3400"], "dark": ["--window-size=1280,3400", DARK], "phone": ["--window-size=390,5400"]}
    for name, options in sizes.items():
        browse(page, f"--screenshot={os.path.join(folder, name)}.png", *options)
    probed = page_with(page, os.path.join(folder, "probed.html"), PROBE)
    for options in (["--window-size=1280,1000"], ["--window-size=390,800", DARK]):
        seen = check_seen(probed, *options)
        assert seen["curves"] >= 6 and seen["hover"] >= 3 and seen["playing"] == 2, seen
        assert seen["pictures"] == sum(len(data_of(page, "pictures")[kind]["frames"]) for kind in ("samples", "reconstructions")), seen


def strange(run):
    """The data of a run that goes on, with all that curves can be."""
    at = [100 * (i + 1) for i in range(1000)]
    curves = {
        "noisy": [[i, math.sin(i * i)] for i in at],
        "loss.of_a_name_that_is_very_long,and_goes_on_without_a_single_space": [[i, 1e3 * math.exp(-i / 1e4) + 1e-9] for i in at],
        "holes": [[i, None if i % 300 == 0 or 4e4 < i < 5e4 else i] for i in at],
        "one": [[100, 0.25]],
        "never finite": [[100, None], [200, None]],
        "constant": [[i, 0] for i in at],
        "large": [[i, 1e300 * i] for i in at],
        "nothing": [],
    }
    run["curves"] = [{"name": name, "train": points, "epochs": points[:3], "test": []} for name, points in curves.items()]
    run.update(status="running", config={}, times={"speed": []}, blocks=[{"name": "E", "kind": "encoder", "parameters": 0, "layers": "what nobody expects"}])
    return run


def check_refresh(page, folder, data):
    frame = os.path.join(folder, "frame.html")
    with open(frame, "w") as file:
        file.write(FRAME)
    for status, seen in (("running", "39 0 "), ("finished", "39 ")):
        page_with(page, os.path.join(folder, "told.html"), TELL, {**data, "status": status})
        dom = browse(frame, "--dump-dom", milliseconds=40000)
        assert f'data-seen="{seen}"' in dom, "a page loads itself again, with the picture that was chosen, just while the run goes on"


def check_silence(page, folder, data):
    """The page of a run that was killed does not call it running for ever; that of one whose iterations are slow does."""
    old = {**data, "status": "running", "written": time.time() - 7200}
    for name, told, silent in (("old", old, True), ("new", {**old, "written": time.time()}, False), ("end", {**old, "status": "finished"}, False),
                               ("slow", {**old, "times": {**data["times"], "seconds_per_iteration": 60}}, False)):
        dom = browse(page_with(page, os.path.join(folder, name + ".html"), PROBE, told), "--dump-dom")
        # The script holds the same words, but no number.
        assert (">no news</span>" in dom) == silent and bool(re.search(r"has written nothing for \d.* since: it was probably killed", dom)) == silent, name


def main(ganc, model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    program, run, text = (os.path.join(folder, name) for name in ("trainer", "run", "model.gan"))
    with open(text, "w") as copy:
        copy.write("# </script><b>bold</b> <!-- & \"quotes\"\n" + read(model))
    subprocess.run([ganc, "build", text, "-q", "-o", program], check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen([program, "train", "--data", "builtin:glyphs", "--epochs", "1000", "-q", "--out", run])
    page = os.path.join(run, "report.html")
    while not os.path.exists(page):
        time.sleep(0.05)
        assert process.poll() is None
    assert data_of(page)["status"] == "running"
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert data_of(page)["status"] == "stopped"
    # Long enough for pictures to be thinned out.
    reached = data_of(page)["times"]["iteration"] // data_of(page)["config"]["epoch_iterations"]
    subprocess.run([program, "train", "--resume", run, "--epochs", str(max(45, reached + 1)), "-q"], check=True)
    data = data_of(page)
    assert data["status"] == "finished"
    check_data(run, page)
    assert not re.search(r'(src|href)="?(https?:)?//|@import|fetch\(|XMLHttpRequest', read(page)), "something is loaded"
    if not BROWSER:
        print("no headless Chromium: the page was not opened")
        sys.exit(77)
    check_page(page, folder)
    edge = page_with(page, os.path.join(folder, "strange.html"), PROBE, strange(dict(data)))
    for width in (1280, 390):
        assert check_seen(edge, f"--window-size={width},1000")["curves"] >= 8
    browse(edge, f"--screenshot={os.path.join(folder, 'strange')}.png", "--window-size=1280,1700")
    check_refresh(page, folder, data)
    check_silence(page, folder, data)
    print(f"{len(data['curves'])} curves and the pictures are whole, the page has {os.path.getsize(page) >> 10} KiB")


if __name__ == "__main__":
    main(*sys.argv[1:])
