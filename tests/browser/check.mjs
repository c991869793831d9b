// The report's pages in a headless Chromium: node check.mjs SCREENSHOTS PAGE...
//
// Of every page: no error on the console, nothing asked of the network, valid HTML, no accessibility
// violation that axe-core finds in light and dark, no horizontal scroll on a phone, every figure there
// without a script. Of a page with tables, points or a chooser: that they work.
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

const texts = (page, selector) =>
  page.$$eval(selector, (nodes) => nodes.map((node) => node.textContent.trim()));

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
  const point = await page.$("[data-point]");
  if (!point) return;
  const named = await point.evaluate((node) => node.dataset.point);
  await point.evaluate((node) => node.focus());
  const label = () => page.$eval("#label", (node) => (node.hidden ? null : node.textContent));
  check(path, "a point names itself by keyboard", (await label()) === named, await label());
  await page.keyboard.press("Escape");
  check(path, "and stops", (await label()) === null);
  await point.scrollIntoView();
  await page.mouse.move(1, 1);
  await point.hover();
  check(path, "a point names itself under the pointer", (await label()) !== null);
};

const choosing = async (path, page) => {
  const section = await page.$("section[data-choose]");
  if (!section) return;
  const fits = () => section.$$eval("tr[data-candidate]", (rows) =>
    rows.filter((row) => !row.classList.contains("out")).length);
  const marks = () => section.$$eval(".live [data-point]", (nodes) =>
    nodes.map((node) => node.getAttribute("class")).join());
  const [all, drawn] = [await fits(), await marks()];
  const slider = await section.$("input[type=range]");
  check(path, "there is a slider", Boolean(slider));
  // Two ways of one form may cost the same.
  if (!slider || all < 3) return;
  await slider.evaluate((node) => node.focus());
  await page.keyboard.press("Home");
  const few = await fits();
  check(path, "a slider at its lowest leaves some and drops some", few >= 1 && few < all, `${few} of ${all}`);
  check(path, "the picture is drawn anew", (await marks()) !== drawn);
  await page.keyboard.press("End");
  check(path, "a slider at its end limits nothing", (await fits()) === all);
};

// The program's front is in the page without a script; the live one must be the same.
const fronts = (page) => page.$$eval("section[data-choose]", (sections) => sections.map((section) =>
  [...section.querySelectorAll("tr[data-candidate]")]
    .filter((row) => /front/.test(row.querySelector("[data-verdict]").textContent))
    .map((row) => `${row.cells[0].textContent}, ${row.cells[1].textContent}`).join("; ")));

const browser = await puppeteer.launch({
  executablePath: CHROMIUM,
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
    const cells = await texts(plain.page, "main td");
    const front = String(await fronts(plain.page));
    const again = await ids(plain.page);
    check(path, "ids are unique", !again.length, again.slice(0, 5).join(", "));
    await plain.page.close();
    for (const dark of [false, true]) {
      const look = dark ? "dark" : "light";
      const { page, errors } = await open(browser, path, { dark });
      await accessible(path, look, page);
      if (!dark) {
        check(path, "the same figures without a script",
          String(await texts(page, "main td:not([data-verdict])")).length > 0 || !cells.length);
        await sorting(path, page);
        await points(path, page);
        const live = String(await fronts(page));
        check(path, "the live front is the program's", live === front, `${live} | ${front}`);
        await choosing(path, page);
      }
      await page.screenshot({ path: join(shots, `${name}-${look}.png`), fullPage: true });
      check(path, `console, ${look}`, !errors.length, errors.join("; "));
      await page.close();
    }
    const phone = await open(browser, path, { width: 360 });
    const wide = await phone.page.evaluate(() => document.documentElement.scrollWidth);
    check(path, "horizontal scroll at 360 px", wide <= 360, `${wide} px`);
    await phone.page.screenshot({ path: join(shots, `${name}-360.png`), fullPage: true });
    await phone.page.close();
  }
} finally {
  await browser.close();
}
for (const fault of faults) console.error(fault);
console.log(`${pages.length} pages, ${faults.length} faults; screenshots in ${shots}`);
process.exit(faults.length ? 1 : 0);
