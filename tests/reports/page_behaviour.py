"""What a page must do beyond being laid out: its tables sort, its text can be read, what is hostile stays text."""
import json
import re

# Presses the name of each column of each table that can be sorted, twice; what the column holds then, by its keys.
SORTED = """(() => [...document.querySelectorAll('table.sortable')].map(table => {
  const keys = column => [...table.tBodies[0].rows].map(row => {
    const cell = row.cells[column];
    return cell.hasAttribute('data-key') ? cell.getAttribute('data-key') : cell.textContent.trim();
  });
  const press = cell => { cell.querySelector('button').click(); return cell.getAttribute('aria-sort'); };
  return [...table.tHead.rows[0].cells].map((cell, column) => {
    const found = {name: cell.textContent, before: keys(column), up: [], down: [], marks: []};
    if (!cell.querySelector('button')) return found;
    found.marks.push(press(cell));
    found.up = keys(column);
    found.marks.push(press(cell));
    found.down = keys(column);
    return found;
  });
}))()"""

# Text whose colour is too near to what is behind it (WCAG 2.1: 4.5 to 1), each pair of colours once.
UNREADABLE = """(() => {
  const parts = text => (text.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const over = (top, below) => { const a = top.length > 3 ? top[3] : 1; return [0, 1, 2].map(i => a * top[i] + (1 - a) * below[i]); };
  const light = rgb => rgb.map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.unshift(parts(getComputedStyle(e).backgroundColor));
    return layers.reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const seen = new Set(), found = [];
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!hasText || element.matches('script, style, title, desc, .box-label') || element.closest('.heat')) continue;
    const style = getComputedStyle(element), below = behind(element);
    const colour = over(parts(element.closest('svg') ? style.fill : style.color), below);
    const pair = colour + ' on ' + below;
    if (seen.has(pair)) continue;
    seen.add(pair);
    const [high, low] = [light(colour), light(below)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) found.push(`${element.tagName}.${element.getAttribute('class')} ${pair}: ${ratio.toFixed(2)}`);
  }
  return found;
})()"""


def is_number(key):
    return re.fullmatch(r"-?[\d,]*\.?\d+(e[-+]?\d{1,3})?", key) is not None


def in_order(keys, is_down):
    """As the page must sort a column: by number if all it holds are numbers, else as JavaScript compares words; what is not
    known last."""
    known = [key for key in keys if key]
    if all(is_number(key) for key in known):
        known.sort(key=lambda key: float(key.replace(",", "")), reverse=is_down)
    else:
        known.sort(key=lambda key: key.encode("utf-16-be"), reverse=is_down)
    return known + [""] * (len(keys) - len(known))


def faults_of_sorting(browser):
    faults = []
    for table in browser.evaluate(SORTED):
        for column in table:
            if column["marks"] != ["ascending", "descending"]:
                faults.append(f"column {column['name']!r} cannot be sorted: {column['marks']}")
            for direction in ("up", "down"):
                if column[direction] != in_order(column["before"], direction == "down"):
                    faults.append(f"column {column['name']!r} is not sorted {direction}: {column[direction][:8]}")
    return faults


def faults_of_reading(browser):
    return [f"hard to read: {text}" for text in browser.evaluate(UNREADABLE)]


def faults_of_hostile_text(page, facts):
    """hostile.json, beside the pages, lists what each of those called hostile must show."""
    listed = page.parent / "hostile.json"
    if not page.stem.startswith(("hostile_", "sweep_hostile", "comparison_of_hostile")):
        return []
    return [f"not shown: {text!r}" for text in json.loads(listed.read_text()) if text not in facts["text"]]
