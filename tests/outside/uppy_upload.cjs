// Uploads the files of a clip from a web page with Uppy, in headless Chromium, and is interrupted on the way.
//
//     node tests/outside/uppy_upload.cjs NODE_MODULES CHROMIUM SERVER_URL MANIFEST FILE…
//
// The page is of another origin than the server, as a driver's web application would be. It posts the manifest itself,
// and uploads through whatever link SERVER_URL is. In the middle of the upload the page is closed; a second page of the
// same browser takes it up from what the first one kept. Prints how many files were uploaded, and how many bytes the
// second page found on the server.
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const os = require("node:os");
const path = require("node:path");
const { createRequire } = require("node:module");

// What runs in the page. Uppy is loaded as its packages come: esbuild only puts them into one file.
const PAGE = `
import Uppy from "@uppy/core";
import Tus from "@uppy/tus";

window.postManifest = async (server, manifest) => {
  const request = { method: "POST", headers: { "content-type": "application/jose" }, body: manifest };
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await fetch(server + "/v1/clips", request);
      return { status: answer.status, clip: await answer.json() };
    } catch (error) {
      // The link was cut.
      if (tries === 9) throw error;
    }
  }
};

window.upload = (server, clip, input, stopAt) => new Promise((resolve, reject) => {
  const uppy = new Uppy({ id: clip });
  uppy.use(Tus, {
    endpoint: server + "/v1/uploads",
    chunkSize: 16384,
    limit: 1,
    retryDelays: [10, 20, 40, 80, 160, 320, 640],
    allowedMetaFields: ["clip", "filename"],
    // The same file in another page is the same upload.
    removeFingerprintOnSuccess: true,
  });
  for (const file of document.getElementById(input).files) {
    uppy.addFile({ name: file.name, type: file.type, data: file, meta: { clip, filename: file.name } });
  }
  let sent = 0;
  uppy.on("upload-progress", (file, progress) => {
    window.firstSent ??= progress.bytesUploaded;
    sent = Math.max(sent, progress.bytesUploaded);
    if (sent >= stopAt) resolve({ sent, successful: 0, failed: 0 });
  });
  uppy.upload().then(({ successful, failed }) => resolve({
    sent,
    successful: successful.length,
    failed: failed.map((file) => file.error),
  }), reject);
});
`;

async function bundle(modules, folder) {
  const esbuild = createRequire(path.resolve(modules, "index.js"))("esbuild");
  const outfile = path.join(folder, "page.js");
  const stdin = { contents: PAGE, resolveDir: path.dirname(path.resolve(modules)), loader: "js" };
  await esbuild.build({ stdin, outfile, bundle: true, format: "iife", platform: "browser", logLevel: "error" });
  return fs.readFileSync(outfile);
}

// A web server of its own origin, with one page.
function serve(script) {
  const page = '<!doctype html><meta charset="utf-8"><input id="files" type="file" multiple><script src="page.js"></script>';
  const server = http.createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : page);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

async function open(context, address, files) {
  const page = await context.newPage();
  page.on("pageerror", (error) => console.error(`page: ${error}`));
  await page.goto(address);
  await page.setInputFiles("#files", files);
  return page;
}

async function main([modules, chromium, server, manifest, ...files]) {
  const playwright = createRequire(path.resolve(modules, "index.js"))("playwright-core");
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "uppy-"));
  const pages = await serve(await bundle(modules, folder));
  const address = `http://127.0.0.1:${pages.address().port}/`;
  const browser = await playwright.chromium.launch({
    executablePath: chromium,
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server"],
  });
  try {
    // One context: what a page keeps outlives it, as in a browser.
    const context = await browser.newContext();
    const jws = fs.readFileSync(manifest, "utf8");
    const largest = Math.max(...files.map((file) => fs.statSync(file).size));
    const first = await open(context, address, files);
    const posted = await first.evaluate(([server, jws]) => window.postManifest(server, jws), [server, jws]);
    if (posted.status !== 201) throw new Error(`the manifest was answered ${posted.status}`);
    const clip = posted.clip.clip;
    const begun = await first.evaluate((ask) => window.upload(...ask), [server, clip, "files", largest / 2]);
    await first.close();
    const second = await open(context, address, files);
    const ended = await second.evaluate((ask) => window.upload(...ask), [server, clip, "files", Infinity]);
    if (ended.failed.length > 0) throw new Error(`failed: ${ended.failed}; the first page had sent ${begun.sent}`);
    const resumedAt = await second.evaluate(() => window.firstSent);
    console.log(JSON.stringify({ files: ended.successful, sent: begun.sent, resumed_at: resumedAt }));
  } finally {
    await browser.close();
    pages.close();
    fs.rmSync(folder, { recursive: true });
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
