#!/usr/bin/env python3
"""Opens every report of a folder in headless Chromium, light and dark, at desktop and phone width, and as print.

usage: browser_test.py CHROMIUM PROGRAM FOLDER [--screenshots] [PAGE...]
PROGRAM is write_example_reports; FOLDER receives its pages and, if wanted, how they look on the screen and printed.
With an empty CHROMIUM the test is skipped (exit code 77). Nothing may reach the console, no request may leave, nothing may be wider than the window, and
no element id may occur twice. Python's standard library only: the browser is driven over a pipe.
"""
import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time

WIDTHS = {"wide": 1400, "desktop": 1200, "phone": 400}
TIMEOUT_S = 300  # a busy machine is no fault of the page

# What a page says about itself once it is laid out.
FACTS = """(() => {
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  const links = [...document.querySelectorAll('nav a')].map(a => a.getAttribute('href').slice(1));
  const canSee = e => e.checkVisibility ? e.checkVisibility() : true;
  const tooWide = [...document.querySelectorAll('body *')].filter(e => canSee(e) &&
      e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll') && !e.closest('svg') && !e.closest('pre'));
  return {
    duplicates: ids.filter((id, i) => ids.indexOf(id) !== i),
    deadLinks: links.filter(id => !document.getElementById(id)),
    overflow: document.documentElement.scrollWidth > innerWidth,
    tooWide: tooWide.map(e => e.tagName + '.' + e.getAttribute('class')).slice(0, 5),
    background: getComputedStyle(document.body).backgroundColor,
    brokenImages: [...document.querySelectorAll('svg image')].filter(e => !e.getBBox().width).length,
    height: Math.ceil(document.documentElement.getBoundingClientRect().height),
    scripts: document.scripts.length,
  };
})()"""


class Browser:
    """One headless Chromium and one page in it, spoken to over file descriptors 3 and 4."""

    def __init__(self, program):
        self.profile = tempfile.mkdtemp(prefix="thaw-browser-")
        read_by_browser, self.to_browser = os.pipe()
        self.from_browser, written_by_browser = os.pipe()

        def connect():
            # Move both ends out of the way first: either could be 3 or 4 already.
            reading, writing = os.dup(read_by_browser), os.dup(written_by_browser)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-extensions", "--disable-background-networking", "--disable-component-update",
             "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe",
             "--user-data-dir=" + self.profile],
            preexec_fn=connect, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(read_by_browser)
        os.close(written_by_browser)
        self.buffer, self.last_id, self.session, self.events = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Security"):
            self.call(domain + ".enable")

    def read_message(self):
        end = time.monotonic() + TIMEOUT_S
        while b"\0" not in self.buffer:
            if not select.select([self.from_browser], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            chunk = os.read(self.from_browser, 1 << 16)
            if not chunk:
                raise EOFError("the browser is gone")
            self.buffer += chunk
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.last_id += 1
        request = {"id": self.last_id, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(request).encode() + b"\0")
        while True:
            message = self.read_message()
            if message.get("id") == self.last_id:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def open(self, url):
        self.events.clear()
        self.call("Page.navigate", url=url)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.read_message())

    def evaluate(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"]["value"]

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


def console_messages(events):
    """Everything that a reader with the console open would see."""
    for event in events:
        method, values = event.get("method"), event.get("params", {})
        if method == "Log.entryAdded":
            yield values["entry"]["text"]
        elif method == "Runtime.consoleAPICalled":
            yield "console." + values["type"]
        elif method == "Runtime.exceptionThrown":
            yield values["exceptionDetails"]["text"]
        elif method == "Page.javascriptDialogOpening":
            yield "dialog: " + values["message"]


def foreign_requests(events, url):
    for event in events:
        if event.get("method") == "Network.requestWillBeSent":
            requested = event["params"]["request"]["url"]
            if requested != url and not requested.startswith("data:"):
                yield requested


def screenshot(browser, path, width, height):
    picture = browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                           clip={"x": 0, "y": 0, "width": width, "height": min(height, 16000), "scale": 1})
    path.write_bytes(base64.b64decode(picture["data"]))


def view_as(browser, scheme, view):
    browser.call("Emulation.setDeviceMetricsOverride", width=WIDTHS[view], height=900, deviceScaleFactor=1,
                 mobile=view == "phone")
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])


def faults_of_layout(facts, scheme, most_scripts):
    faults = [f"id twice: {name}" for name in facts["duplicates"]]
    faults += [f"link to nowhere: #{name}" for name in facts["deadLinks"]]
    faults += [f"wider than the window: {name}" for name in facts["tooWide"] or (["page"] if facts["overflow"] else [])]
    if facts["brokenImages"] or facts["scripts"] > most_scripts:
        faults.append(f"{facts['brokenImages']} broken pictures, {facts['scripts']} scripts")
    if (facts["background"] == "rgb(255, 255, 255)") != (scheme == "light"):
        faults.append(f"background {facts['background']} for {scheme}")
    return faults


def check_page(browser, page, shots):
    """Opens the page once, then looks at it in every width and colour scheme."""
    url = page.resolve().as_uri()
    most_scripts = 1 if page.stem.startswith("sweep") else 0
    view_as(browser, "light", "desktop")
    browser.open(url)
    faults = []
    for scheme in ("light", "dark"):
        for view, width in WIDTHS.items():
            view_as(browser, scheme, view)
            facts = browser.evaluate(FACTS)
            faults += [f"{view}, {scheme}: {fault}" for fault in faults_of_layout(facts, scheme, most_scripts)]
            if shots:
                screenshot(browser, shots / f"{page.stem}-{view}-{scheme}.png", width, facts["height"])
    faults += [f"console: {text}" for text in console_messages(browser.events)]
    faults += [f"request: {text}" for text in foreign_requests(browser.events, url)]
    return [f"{page.name}: {fault}" for fault in faults]


def print_page(browser, page, shots):
    printed = browser.call("Page.printToPDF", printBackground=True)
    (shots / f"{page.stem}.pdf").write_bytes(base64.b64decode(printed["data"]))


def check_the_check(browser, folder):
    """A page with every fault must be found faulty: else this test could not fail."""
    page = folder / "faulty.html"
    page.write_text("<!doctype html><body style='background:white'><p id=a></p><p id=a></p><nav><a href='#none'></a></nav><div style='width:3000px'>x</div>"
                    "<script>console.log('x')</script><img src='http://example.invalid/x.png'>")
    text = "\n".join(check_page(browser, page, None))
    page.unlink()
    expected = ["console: ", "request: http://example.invalid", "id twice: a", "link to nowhere", "wider than", "1 scripts",
                "background"]
    return [f"not noticed: {fault} in {text}" for fault in expected if fault not in text]


def main():
    chromium, program, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    if not chromium:
        print("skipped: no Chromium here (apt-get install chromium)")
        return 77
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([program, str(folder)], check=True, stdout=subprocess.DEVNULL)
    pages = sorted(folder.glob("*.html"))
    wanted = [name for name in sys.argv[4:] if name != "--screenshots"]
    if wanted:
        pages = [page for page in pages if page.stem in wanted]
    if not pages:
        print("no pages to open")
        return 1
    shots = folder / "screenshots" if "--screenshots" in sys.argv else None
    if shots:
        shots.mkdir(exist_ok=True)
    browser = Browser(chromium)
    try:
        faults = check_the_check(browser, folder)
        for page in pages:
            faults += check_page(browser, page, shots)
            if shots:
                print_page(browser, page, shots)
    finally:
        browser.close()
    print("\n".join(faults) if faults else f"{len(pages)} pages, light and dark, desktop and phone: no fault")
    if shots:
        print("screenshots:", shots)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
