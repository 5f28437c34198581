// Leaves a gzipped copy beside each file of the built page that gains by it: the server sends it as it is.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, gzipSync } from "node:zlib";

const dist = new URL("dist", import.meta.url).pathname;
for (const name of readdirSync(dist, { recursive: true })) {
  if (!/\.(js|mjs|css|svg|html)$/.test(name)) continue;
  const file = join(dist, name);
  const bytes = readFileSync(file);
  const packed = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
  if (packed.length < bytes.length) writeFileSync(`${file}.gz`, packed);
}
