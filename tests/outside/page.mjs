// Clicks through the map page in a browser, as people do, and says what it saw.
//
//     node tests/outside/page.mjs NODE_MODULES CHROMIUM URL EMPTY_URL [PICTURES]
//
// URL is a server of a store with a map and closed weeks, EMPTY_URL one of an empty store. Prints a line of JSON: what
// was seen, what the console said, which requests left the server, and which rules of axe-core were broken. Fails where
// something that should be there does not come.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [modules, executablePath, url, emptyUrl, pictures] = process.argv.slice(2);
const require = createRequire(path.resolve(modules, "index.js"));
const { chromium } = require("playwright-core");
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** On a machine that has much else to do, drawing without a graphics card takes minutes. */
const WAIT_MS = 400_000;
const said = [];
const outside = new Set();
const faults = [];
const seen = {};

/** A page that tells on itself. */
async function open(browser, name, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !isOfTheDriver(message.text())) said.push(`${name}: ${message.text()}`);
  });
  page.on("pageerror", (error) => said.push(`${name}: ${error.stack ?? error}`));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (["http:", "https:", "ws:", "wss:"].includes(protocol) && ![url, emptyUrl].includes(origin)) outside.add(request.url());
  });
  return page;
}

/** A machine without a graphics card draws slowly, and says so. */
const isOfTheDriver = (text) => /GPU stall due to ReadPixels|Automatic fallback to software WebGL/.test(text);

/** What axe-core finds serious. The map's canvas itself is looked at by `colours`. */
async function judge(page, name) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  for (const { id, impact, nodes } of violations) {
    if (impact === "serious" || impact === "critical") faults.push(`${name}: ${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  }
}

/** How many colours a part of the page shows. */
async function colours(page, selector) {
  const box = await page.locator(selector).boundingBox();
  const picture = (await page.screenshot({ clip: box })).toString("base64");
  return page.evaluate(async (picture) => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0);
    return new Set(new Uint32Array(pen.getImageData(0, 0, image.width, image.height).data.buffer)).size;
  }, picture);
}

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`) });
}

const drawn = (page) => page.locator('.map[aria-busy="false"]').waitFor();
const panelTitle = (page) => page.locator(".panel h2").innerText();
const hash = (page) => page.evaluate(() => location.hash);

/** Waits until what is asked of the page is so. */
const until = (page, question, argument) => page.waitForFunction(question, argument, { polling: 100 });

async function map(page) {
  const begun = Date.now();
  await page.goto(`${url}/`);
  await page.locator(".maplibregl-canvas").waitFor();
  await drawn(page);
  seen.map_drawn_ms = Date.now() - begun;
  seen.colours = await colours(page, ".map");
  await picture(page, "map");
  await judge(page, "map");
  await page.getByLabel("Coverage, last seen").uncheck();
  await page.getByLabel("Coverage, last seen").check();
  const first = page.locator(".classes button").first();
  await first.click();
  await until(page, () => document.querySelector('.classes [aria-pressed="false"]') !== null);
  await page.locator('.classes [aria-pressed="false"]').click();
}

/** A frame by its address, its neighbours by buttons and keys. */
async function frames(page, frame) {
  await page.evaluate((frame) => { location.hash = `#/map?frame=${frame}`; }, frame);
  await until(page, () => document.querySelector(".viewer img")?.naturalWidth > 0);
  seen.frame_title = await panelTitle(page);
  await page.getByRole("heading", { name: "In view" }).waitFor();
  await picture(page, "frame");
  await judge(page, "frame");
  const ids = [];
  for (const step of [() => page.getByRole("button", { name: "After" }).click(), () => page.keyboard.press("ArrowLeft")]) {
    const before = await hash(page);
    await step();
    await until(page, (before) => location.hash !== before, before);
    await until(page, () => document.querySelector(".viewer img")?.naturalWidth > 0);
    ids.push(new URLSearchParams((await hash(page)).split("?")[1]).get("frame"));
  }
  seen.went_on_and_back = ids[0] !== frame && ids[1] === frame;
  await page.keyboard.press("Escape");
  await page.locator(".panel").waitFor({ state: "hidden" });
}

/** A click on the map where a frame is leads to what lies there. */
async function click(page, [longitude, latitude]) {
  await page.goto(`${url}/?click#/map?at=18/${latitude}/${longitude}`);
  await drawn(page);
  const box = await page.locator(".map").boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await page.locator(".panel").waitFor();
  seen.clicked = await panelTitle(page);
  await page.getByRole("button", { name: "Close" }).click();
}

async function things(page, thing) {
  const address = [thing.id, ...thing.geometry.coordinates.map((degrees) => degrees.toFixed(6))].join("/");
  await page.evaluate((address) => { location.hash = `#/map?thing=${address}`; }, address);
  await until(page, () => document.querySelector(".thumb img")?.naturalWidth > 0);
  seen.thing_title = await panelTitle(page);
  await picture(page, "thing");
  await judge(page, "thing");
  await page.locator(".thumb").first().click();
  await until(page, () => document.querySelector(".viewer img")?.naturalWidth > 0);
  await page.getByRole("button", { name: "Close" }).click();
}

/** Back to the first snapshot, and to the latest. */
async function time(page, snapshots) {
  const slider = page.getByRole("slider", { name: "Snapshot" });
  const earliest = snapshots.findLast((snapshot) => snapshot.has_tiles).snapshot;
  const asked = page.waitForRequest((request) => request.url().includes(`/tiles/`) && request.url().includes(earliest));
  await slider.focus();
  await slider.press("Home");
  await asked;
  seen.time_in_address = (await hash(page)).includes(earliest);
  await slider.press("End");
  await until(page, () => !location.hash.includes("snapshot="));
}

async function driver(page) {
  await page.getByRole("link", { name: "Driver", exact: true }).click();
  const first = page.locator("tbody a").first();
  await first.waitFor();
  await judge(page, "drivers");
  seen.driver = await first.innerText();
  await first.click();
  await page.locator(".clips li").first().waitFor();
  seen.clips = await page.locator(".clips li").count();
  await page.getByRole("button", { name: "Check the proof" }).click();
  await page.locator(".proof-verdict").waitFor();
  seen.proof = await page.locator(".proof-verdict").innerText();
  await picture(page, "driver");
  await judge(page, "driver");
  // A server that says another sum than the root holds is found out.
  await page.route(/\/v1\/epochs\/[^/]+$/, async (route) => {
    const json = await (await route.fetch()).json();
    await route.fulfill({ json: { ...json, payouts_root: json.payouts_root.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")) } });
  });
  await page.getByRole("button", { name: "Check the proof" }).click();
  await page.locator(".proof-verdict.is-bad").waitFor();
  seen.false_proof = await page.locator(".proof-verdict").innerText();
}

async function operator(page) {
  await page.getByRole("link", { name: "Operator" }).click();
  await page.getByRole("heading", { name: "Backlog" }).waitFor();
  await page.getByText("Every counter").click();
  await page.locator("details td").first().waitFor();
  await picture(page, "operator");
  await judge(page, "operator");
}

/** The other colours, and back to the map, which is still there. */
async function theme(page) {
  await page.getByRole("button", { name: /Switch to dark/ }).click();
  await judge(page, "operator, dark");
  await page.getByRole("link", { name: "Driver", exact: true }).click();
  await judge(page, "driver, dark");
  await page.getByRole("link", { name: "Map", exact: true }).click();
  await judge(page, "map, dark");
  await picture(page, "map-dark");
}

async function phone(browser, frame) {
  const page = await open(browser, "phone", { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true, colorScheme: "dark" });
  seen.overflows = [];
  for (const place of [`#/map?frame=${frame}`, "#/driver", `#/driver?name=${seen.driver}`, "#/operator"]) {
    await page.goto(`${url}/${place}`);
    await page.locator(":is(.viewer img, .clips li, tbody a, .tile):visible").first().waitFor();
    await judge(page, `phone ${place}`);
    await picture(page, `phone-${place.replaceAll(/\W+/g, "-")}`);
    if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) seen.overflows.push(place);
  }
  await page.context().close();
}

async function empty(browser) {
  const page = await open(browser, "empty");
  await page.goto(emptyUrl);
  await page.getByRole("heading", { name: "Nothing is on the map yet" }).waitFor();
  await judge(page, "empty map");
  await page.getByRole("link", { name: "Driver", exact: true }).click();
  await page.getByRole("heading", { name: "No week is closed yet" }).waitFor();
  await page.context().close();
}

const ask = async (path) => (await fetch(`${url}${path}`)).json();
const browser = await chromium.launch({
  executablePath,
  timeout: WAIT_MS,
  args: ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
});
try {
  const { snapshots } = await ask("/v1/snapshots");
  const shown = (await ask("/v1/features?limit=100")).features.find(({ properties }) => properties.evidence.length > 0);
  // In the midst of a drive: it has neighbours on both sides.
  const frames_ = (await ask("/stac/collections/frames/items?limit=100")).features;
  const middle = frames_.find(({ links }) => ["prev", "next"].every((rel) => links.some((link) => link.rel === rel)));
  const page = await open(browser, "desktop");
  await map(page);
  await frames(page, middle.id);
  await click(page, middle.geometry.coordinates);
  await things(page, shown);
  if (snapshots.filter((snapshot) => snapshot.has_tiles).length > 1) await time(page, snapshots);
  await driver(page);
  await operator(page);
  await theme(page);
  await phone(browser, middle.id);
  await empty(browser);
} finally {
  await browser.close();
}
console.log(JSON.stringify({ seen, said, outside: [...outside], faults }));
