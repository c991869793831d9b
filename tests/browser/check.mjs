// The report's pages in a headless Chromium: node check.mjs SCREENSHOTS PAGE...
//
// Of every page: no error on the console, nothing asked of the network, valid HTML, no accessibility
// violation that axe-core finds in light and dark, no horizontal scroll on a phone, the same cells shown
// with a script and without, what is folded unfolded for all of this. Of a page with tables, points or a
// chooser: that they work, each slider, box and axis.
import { mkdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { HtmlValidate } from "html-validate";
import puppeteer from "puppeteer-core";

const AXE = new URL("node_modules/axe-core/axe.min.js", import.meta.url).pathname;
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const [shots, ...pages] = process.argv.slice(2);
if (!pages.length) throw new Error("node check.mjs SCREENSHOTS PAGE...");
mkdirSync(shots, { recursive: true });

const faults = [];
const check = (page, what, fine, detail = "") => {
  if (!fine) faults.push(`${basename(page)}: ${what}${detail ? `: ${detail}` : ""}`);
};

// What HTML itself demands; matters of taste are the project's own. Its search for ids that are there
// twice grows with their square, to minutes on a page with every sample: `ids` below has the browser do it.
const validator = new HtmlValidate({
  extends: ["html-validate:standard"],
  rules: { "no-inline-style": "off", "long-title": "off", "no-dup-id": "off" },
});

const open = async (browser, path, { width = 1280, dark = false, script = true } = {}) => {
  const page = await browser.newPage();
  const errors = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => {
    if (!/^(file|data):/.test(request.url())) errors.push(`asks for ${request.url()}`);
  });
  await page.setJavaScriptEnabled(script);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
  await page.setViewport({ width, height: 900 });
  await page.goto(`file://${resolve(path)}`, { waitUntil: "load" });
  return { page, errors };
};

const ids = (page) => page.$$eval("[id]", (nodes) => {
  const all = nodes.map((node) => node.id);
  return all.filter((id, n) => id === "" || all.indexOf(id) !== n);
});

const unfold = (page) => page.$$eval("details", (nodes) => nodes.forEach((node) => { node.open = true; }));
const fold = (page) => page.$$eval("details", (nodes) => nodes.forEach((node) => { node.open = false; }));

// What a reader sees in cells. The chooser's verdicts are the script's own, and compared apart.
const shown = (page) => page.$$eval("main td:not([data-verdict])", (nodes) =>
  nodes.filter((node) => node.checkVisibility()).map((node) => node.textContent.trim()));

const accessible = async (path, name, page) => {
  await page.addScriptTag({ path: AXE });
  const { violations } = await page.evaluate(() =>
    // Hundreds of rows of samples are all built alike.
    axe.run({ exclude: [".samples tr:nth-child(n + 4)"] }, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
  for (const { id, help, nodes } of violations) {
    check(path, `${name}: ${id}`, false, `${help}; ${nodes.length} times, first ${nodes[0].html}`);
  }
};

const sorting = async (path, page) => {
  const table = await page.$("table[data-sort]");
  if (!table) return;
  const order = () => table.$$eval("tbody th", (heads) => heads.map((head) => head.textContent));
  const before = await order();
  const button = await table.$("thead th:nth-child(2) button");
  check(path, "a table's head is a button", Boolean(button));
  if (!button) return;
  await button.focus();
  await page.keyboard.press("Enter");
  const values = () => table.$$eval("tbody tr", (rows) =>
    rows.map((row) => row.cells[1].dataset.v).filter((value) => value !== undefined).map(Number));
  const up = await values();
  check(path, "ascending order", up.every((value, n) => n === 0 || up[n - 1] <= value), up.join(" "));
  check(path, "aria-sort", (await table.$eval("thead th:nth-child(2)", (head) =>
    head.getAttribute("aria-sort"))) === "ascending");
  await page.keyboard.press("Enter");
  const down = await values();
  check(path, "descending order", down.every((value, n) => n === 0 || down[n - 1] >= value));
  await page.keyboard.press("Enter");
  check(path, "the page's own order again", String(await order()) === String(before));
};

const points = async (path, page) => {
  const label = () => page.$eval("#label", (node) => (node.hidden ? null : node.textContent));
  // The first and the last of each picture that is there at this width.
  for (const picture of await page.$$("svg")) {
    if (!(await picture.evaluate((node) => node.checkVisibility()))) continue;
    const all = await picture.$$("[data-point]");
    for (const point of new Set([all[0], all.at(-1)].filter(Boolean))) {
      const named = await point.evaluate((node) => node.dataset.point);
      // Away from what would name itself as the page moves below it.
      await page.mouse.move(1, 1);
      await point.evaluate((node) => node.focus());
      check(path, "a point names itself by keyboard", (await label()) === named, `${await label()}, ${named}`);
      await page.keyboard.press("Escape");
      check(path, "and stops", (await label()) === null);
    }
    if (!all.length) continue;
    await all[0].scrollIntoView();
    await page.mouse.move(1, 1);
    await all[0].hover();
    check(path, "a point names itself under the pointer", (await label()) !== null);
  }
};

const choosing = async (path, page, section) => {
  const { criteria, needs, candidates } = await section.$eval("script[type='application/json']",
    (node) => JSON.parse(node.textContent));
  const fits = () => section.$$eval("tr[data-candidate]", (rows) =>
    rows.filter((row) => !row.classList.contains("out")).length);
  // Each drawn point whose mark says of its candidate what the candidate's row does not.
  const apart = () => section.evaluate((node) => {
    const out = new Map([...node.querySelectorAll("tr[data-candidate]")].map((row) =>
      [`${row.cells[0].textContent}, ${row.cells[1].textContent}`, row.classList.contains("out")]));
    return [...node.querySelectorAll(".live [data-point]")]
      .map((point) => [point.dataset.point.split(":")[0], point.classList.contains("out")])
      .filter(([name, marked]) => out.get(name) !== marked)
      .map(([name]) => name);
  });
  const all = await fits();
  check(path, "at first everything fits", all === candidates.length, `${all} of ${candidates.length}`);
  const costs = (index) => candidates.map((one) => one.costs[index]).filter((cost) => cost !== null);
  for (const [index, criterion] of criteria.entries()) {
    const slider = await section.$(`input[type=range][id$="-${criterion.id}"]`);
    check(path, `a slider for ${criterion.id}`, Boolean(slider) === costs(index).length > 0);
    if (!slider) continue;
    await slider.evaluate((node) => node.focus());
    await page.keyboard.press("Home");
    const [few, least] = [await fits(), Math.min(...costs(index))];
    // Its lowest place leaves what costs the least, with the last digit to spare.
    const cheapest = costs(index).filter((cost) => cost <= Math.max(least, 1) * 1.0005).length;
    check(path, `${criterion.id} at its lowest leaves the cheapest`, few === cheapest, `${few}, ${cheapest}`);
    const wrong = await apart();
    check(path, `${criterion.id}: the picture says what the rows say`, !wrong.length, wrong.join("; "));
    await page.keyboard.press("End");
    check(path, `${criterion.id} at its end limits nothing`, (await fits()) === all);
  }
  const boxes = await section.$$("input[type=checkbox]");
  check(path, "a box for each need", boxes.length === needs.length, `${boxes.length} of ${needs.length}`);
  for (const [index, box] of boxes.entries()) {
    await box.evaluate((node) => node.focus());
    await page.keyboard.press("Space");
    const meeting = candidates.filter((one) => one.meets.includes(needs[index].id)).length;
    check(path, `${needs[index].id} leaves what has it`, (await fits()) === meeting, `${await fits()}, ${meeting}`);
    await page.keyboard.press("Space");
    check(path, `without ${needs[index].id} all fit`, (await fits()) === all);
  }
  const axes = await section.$$(".axes select");
  check(path, "two axes to choose", axes.length === 2);
  const chosen = () => Promise.all(axes.map((axis) => axis.evaluate((node) => Number(node.value))));
  for (const axis of axes) {
    const first = await axis.evaluate((node) => node.value);
    const options = await axis.$$eval("option:not([disabled])", (nodes) => nodes.map((node) => node.value));
    for (const option of [...options, first]) {
      await axis.select(option);
      const at = await chosen();
      const both = candidates.filter((one) => at.every((index) => one.costs[index] !== null)).length;
      const drawn = await section.$$eval(".live [data-point]", (nodes) => nodes.length);
      check(path, `the axes ${at.join(" and ")} draw what was measured of both`, drawn === both, `${drawn}, ${both}`);
    }
  }
};

// The program's front is in the page without a script; the live one must be the same.
const fronts = (page) => page.$$eval("section[data-choose]", (sections) => sections.map((section) =>
  [...section.querySelectorAll("tr[data-candidate]")]
    .filter((row) => /front/.test(row.querySelector("[data-verdict]").textContent))
    .map((row) => `${row.cells[0].textContent}, ${row.cells[1].textContent}`).join("; ")));

// A browser has no picture for a page of any height: of a taller one, the top.
const TALLEST = 6000;
const picture = async (page, name) => {
  const { width, height } = await page.evaluate(() => {
    const { clientWidth, scrollHeight } = document.documentElement;
    return { width: clientWidth, height: scrollHeight };
  });
  const clip = { x: 0, y: 0, width, height: Math.min(TALLEST, height) };
  await page.screenshot({ path: join(shots, `${name}.png`), clip, captureBeyondViewport: true });
};

const browser = await puppeteer.launch({
  executablePath: CHROMIUM,
  protocolTimeout: 600_000,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
try {
  for (const path of pages) {
    const name = basename(path, ".html");
    const { results } = await validator.validateFile(path);
    for (const { line, message, ruleId } of results.flatMap((result) => result.messages).slice(0, 10)) {
      check(path, `line ${line}: ${ruleId}`, false, message);
    }
    const plain = await open(browser, path, { script: false });
    await unfold(plain.page);
    const cells = await shown(plain.page);
    const front = String(await fronts(plain.page));
    const again = await ids(plain.page);
    check(path, "ids are unique", !again.length, again.slice(0, 5).join(", "));
    await plain.page.close();
    for (const dark of [false, true]) {
      const look = dark ? "dark" : "light";
      const { page, errors } = await open(browser, path, { dark });
      await unfold(page);
      await accessible(path, look, page);
      if (!dark) {
        const scripted = await shown(page);
        const apart = cells.findIndex((cell, n) => cell !== scripted[n]);
        check(path, "the same cells without a script", apart < 0 && cells.length === scripted.length,
          `${cells.length} and ${scripted.length}; ${cells[apart]}, ${scripted[apart]}`);
        await fold(page);
        await sorting(path, page);
        await points(path, page);
        const live = String(await fronts(page));
        check(path, "the live front is the program's", live === front, `${live} | ${front}`);
        for (const section of await page.$$("section[data-choose]")) await choosing(path, page, section);
      }
      await fold(page);
      await picture(page, `${name}-${look}`);
      check(path, `console, ${look}`, !errors.length, errors.join("; "));
      await page.close();
    }
    const phone = await open(browser, path, { width: 360 });
    await unfold(phone.page);
    const wide = await phone.page.evaluate(() => document.documentElement.scrollWidth);
    check(path, "horizontal scroll at 360 px", wide <= 360, `${wide} px`);
    await fold(phone.page);
    await picture(phone.page, `${name}-360`);
    await phone.page.close();
  }
} finally {
  await browser.close();
}
for (const fault of faults) console.error(fault);
console.log(`${pages.length} pages, ${faults.length} faults; screenshots in ${shots}`);
process.exit(faults.length ? 1 : 0);
