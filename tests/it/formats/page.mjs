// page.mjs PAGE…: opens pages in Chromium as a reader does, with and without their script, and ends with an
// error at the first thing that is not as it should be. A page that compares clients has matrix: before its path.
// With SHOTS=FOLDER it leaves pictures there.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.SLICECHECK_TEST_NODE ?? "."}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

// A page of which everything that it complains of, asks for or pops up is an error.
async function open(url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const fail = (what) => {
    throw new Error(`${url}: ${what}`);
  };
  page.on("console", (message) => message.type() === "error" && fail(message.text()));
  page.on("pageerror", (error) => fail(error));
  page.on("dialog", (dialog) => fail(`a dialog: ${dialog.message()}`));
  page.on("request", (request) => request.url().split("#")[0] === url.split("#")[0] || fail(request.url()));
  await page.goto(url);
  return page;
}

async function close(page) {
  await page.context().close();
}

// Nothing of a client is more than text, and every link leads somewhere.
async function readMarkup(url, scripts) {
  const page = await open(url);
  const injected = await page.evaluate(() => ({
    scripts: document.scripts.length,
    styles: document.querySelectorAll("style, link").length,
    handlers: [...document.querySelectorAll("*")].filter((it) =>
      [...it.attributes].some((attribute) => /^on|^style$|^src$/.test(attribute.name)),
    ).length,
    links: [...document.links].filter((it) => !it.getAttribute("href").startsWith("#")).length,
    dead: [...document.links]
      .map((it) => it.getAttribute("href").slice(1))
      .filter((id) => !document.getElementById(id)),
    unseen: /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(
      document.documentElement.outerHTML.replace(document.scripts[0]?.text ?? "", ""),
    ),
  }));
  assert.deepEqual(injected, { scripts, styles: 1, handlers: 0, links: 0, dead: [], unseen: false });
  await close(page);
}

async function readWithScript(url) {
  const page = await open(url);
  const all = await page.locator(".scenario").count();
  assert.ok(all > 0);
  const first = await page.locator(".scenario").first().getAttribute("data-row");
  await page.fill("#search", first);
  assert.ok((await page.locator(".scenario:visible").count()) >= 1);
  await page.fill("#search", "no scenario has these words");
  assert.equal(await page.locator(".scenario:visible").count(), 0);
  await page.fill("#search", "");
  assert.equal(await page.locator(".scenario:visible").count(), all);
  await page.keyboard.press("Escape");

  const failed = await page.locator(".scenario.s-broken").count();
  await page.locator("#show-broken").uncheck();
  assert.equal(await page.locator(".scenario:visible").count(), all - failed);
  await page.locator("#show-broken").check();
  if (failed > 0) {
    await page.keyboard.press("j");
    assert.equal(await page.locator(".scenario.s-broken[open]").count(), 1);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".scenario[open]").count(), 0);
  }
  await close(page);

  // A link opens what it leads to, though it is filtered.
  const target = page.url() && (await deepest(url));
  const linked = await open(`${url}#${encodeURI(target)}`);
  const place = linked.locator(`[id="${target}"]`);
  assert.ok(await place.isVisible(), target);
  await close(linked);
  const searched = await open(`${url}#q=${encodeURIComponent(first)}`);
  assert.equal(await searched.locator("#search").inputValue(), first);
  await close(searched);
}

// The id of an exchange, or else of a scenario.
async function deepest(url) {
  const page = await open(url);
  const id = await page.evaluate(
    () => (document.querySelector("details.wire") ?? document.querySelector(".scenario")).id,
  );
  await close(page);
  return id;
}

async function readWithoutScript(url) {
  const page = await open(url, { javaScriptEnabled: false });
  const all = await page.locator(".scenario").count();
  const failed = await page.locator(".scenario.s-broken").count();
  await page.locator("#show-broken").uncheck();
  assert.equal(await page.locator(".scenario:visible").count(), all - failed);
  await page.locator("#show-broken").check();
  const section = page.locator(".scenario").first();
  await section.locator("summary").first().click();
  assert.ok(await section.locator("dl").first().isVisible());
  assert.ok(!(await page.locator("#search").isVisible()));
  await page.emulateMedia({ media: "print" });
  assert.ok(!(await page.locator(".filters").isVisible()));
  await close(page);
}

async function readWithAssistance(url) {
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(url, { bypassCSP: true, colorScheme });
    // What is closed is read, too.
    await page.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
    const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
    const words = serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((it) => it.html + it.failureSummary)}`);
    assert.deepEqual(words, [], `${url} in ${colorScheme}`);
    await close(page);
  }
}

// Wide parts scroll by themselves, and the page never does.
async function readNarrow(url) {
  for (const width of [1280, 400]) {
    const page = await open(url, { viewport: { width, height: 1000 } });
    for (const isOpen of [false, true]) {
      await page.evaluate((open) => document.querySelectorAll("details").forEach((it) => (it.open = open)), isOpen);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wide <= 0, `${url} is ${wide} pixels too wide at ${width}, ${isOpen ? "open" : "closed"}`);
    }
    await close(page);
  }
}

async function photograph(url, folder, name) {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 400]) {
      const page = await open(url, { colorScheme, viewport: { width, height: 1000 } });
      await page.screenshot({ path: `${folder}/${name}-${colorScheme}-${width}.png` });
      const target = await page.evaluate(() => {
        const section = document.querySelector(".scenario.s-broken") ?? document.querySelector(".scenario");
        document.querySelectorAll(".rule")[0]?.setAttribute("open", "");
        section.querySelector(".wire")?.setAttribute("open", "");
        return section.id;
      });
      await page.goto(`${url}#${target}`);
      await page.screenshot({ path: `${folder}/${name}-${colorScheme}-${width}-scenario.png` });
      for (const part of ["rules", "matrix"]) {
        await page.evaluate((id) => document.getElementById(id).scrollIntoView(), part);
        await page.screenshot({ path: `${folder}/${name}-${colorScheme}-${width}-${part}.png` });
      }
      await close(page);
    }
  }
}

for (const [number, argument] of process.argv.slice(2).entries()) {
  const path = argument.replace(/^matrix:/, "");
  const { href } = pathToFileURL(path);
  const compares = path !== argument;
  await readMarkup(href, compares ? 0 : 1);
  await readWithAssistance(href);
  await readNarrow(href);
  if (compares) continue;
  await readWithScript(href);
  await readWithoutScript(href);
  if (process.env.SHOTS) await photograph(href, process.env.SHOTS, number);
}
await browser.close();
