"""report.html of a real run: its data is that of the run folder, and a browser shows all of it without a complaint.

usage: report.py GANC MODEL.gan FOLDER
The part in the browser is left out (and said so) where there is no headless Chromium; screenshots stay in FOLDER.
"""
import base64
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

NAMES = ("chromium-headless-shell", "chromium", "google-chrome")


def browse(path, *options):
    """The page after its script has run; fails on any message of the console."""
    browser = next((shutil.which(n) for n in NAMES if shutil.which(n)), None)
    if not browser:
        print("no headless Chromium: the page was not opened")
        return None
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=2000", *options, "file://" + path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    told = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not told, told
    return done.stdout


def data_of(page):
    with open(page) as file:
        return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', file.read(), re.S).group(1))


def check_data(run, data):
    with open(os.path.join(run, "metrics.jsonl")) as file:
        lines = [json.loads(line) for line in file]
    for curve in data["curves"]:
        wanted = [[l["iteration"], l[curve["name"]]] for l in lines if curve["name"] in l]
        assert curve["train"] == wanted, curve["name"]
        assert curve["test"] == [[l["iteration"], l["test"][curve["name"]]] for l in lines if "epoch" in l]
    for kind in ("samples", "reconstructions"):
        files = sorted(glob.glob(os.path.join(run, kind, "*.png")))
        assert len(data[kind]) == min(len(files), 40) > 1, kind
        chosen = [files[i * (len(files) - 1) // 39] for i in range(40)] if len(files) > 40 else files
        for shown, path in zip(data[kind], chosen):
            with open(path, "rb") as file:
                assert base64.b64decode(shown["image"].split(",")[1]) == file.read(), path
    assert data["kernels"] and data["speed"] and data["iteration"] == lines[-1]["iteration"]


def check_page(page, folder):
    dom = browse(page, "--dump-dom", "--window-size=1200,1000")
    if dom is None:
        return
    assert dom.count("<svg") >= 3 and dom.count('type="range"') == 2 and dom.count("<table>") == 2, "something is missing"
    assert "<b>bold</b>" not in dom and "&lt;b&gt;bold" in dom, "the model's text is not shown as text"
    for name, options in {"light": ["--window-size=1200,3000"], "dark": ["--window-size=1200,3000", "--blink-settings=preferredColorScheme=0"], "phone": ["--window-size=390,3000"]}.items():
        browse(page, f"--screenshot={os.path.join(folder, name)}.png", *options)
    wide = browse(page, "--dump-dom", "--window-size=390,800")
    assert "<main" in wide


def main(ganc, model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    program, run, text = (os.path.join(folder, name) for name in ("trainer", "run", "model.gan"))
    with open(model) as file, open(text, "w") as copy:
        copy.write("# </script><b>bold</b> <!-- & \"quotes\"\n" + file.read())
    subprocess.run([ganc, "build", text, "-q", "-o", program], check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen([program, "train", "--data", "builtin:glyphs", "--epochs", "1000", "-q", "--out", run])
    page = os.path.join(run, "report.html")
    while not os.path.exists(page):
        time.sleep(0.05)
        assert process.poll() is None
    assert data_of(page)["status"] == "running"
    browse(page, "--dump-dom")
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert data_of(page)["status"] == "stopped"
    # Long enough for pictures to be thinned out.
    reached = data_of(page)["iteration"] // data_of(page)["config"]["epoch_iterations"]
    subprocess.run([program, "train", "--resume", run, "--epochs", str(max(45, reached + 1)), "-q"], check=True)
    data = data_of(page)
    assert data["status"] == "finished"
    check_data(run, data)
    check_page(page, folder)
    print(f"the page of {len(data['curves'])} curves and {len(data['samples'])} pictures is whole, {os.path.getsize(page) >> 10} KiB")


if __name__ == "__main__":
    main(*sys.argv[1:])
