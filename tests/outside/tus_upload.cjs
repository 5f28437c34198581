// Uploads the files of a clip with tus-js-client, a stock client of resumable uploads, and is interrupted on the way.
//
//     node tests/outside/tus_upload.cjs NODE_MODULES CREATION_URL CLIP FILE…
//
// The manifest of CLIP was posted before. Each file is cut off in the middle of a request; then everything but the
// upload's address is forgotten, and another client goes on. Prints how many files were uploaded.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { createRequire } = require("node:module");

function start(tus, file, options) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(fs.createReadStream(file), {
      chunkSize: 8192,
      retryDelays: [10, 20, 40],
      ...options(() => resolve(upload)),
      onError: reject,
      onSuccess: () => resolve(upload),
    });
    upload.start();
  });
}

async function upload(tus, endpoint, clip, file) {
  const metadata = { clip, filename: path.basename(file) };
  const half = fs.statSync(file).size / 2;
  let isCut = false;
  const first = await start(tus, file, (stop) => ({
    endpoint,
    metadata,
    uploadDataDuringCreation: true,
    onProgress: (sent) => {
      if (sent > half && !isCut) {
        isCut = true;
        // What is being sent breaks off a moment later.
        setImmediate(stop);
      }
    },
  }));
  await first.abort();
  // Cut off before the answer to its creation, an upload has no address yet: then it is created again.
  await start(tus, file, () => ({ endpoint, metadata, uploadUrl: first.url }));
}

async function main([modules, endpoint, clip, ...files]) {
  const tus = createRequire(path.resolve(modules, "index.js"))("tus-js-client");
  for (const file of files) {
    await upload(tus, endpoint, clip, file);
  }
  console.log(files.length);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
