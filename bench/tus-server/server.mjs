// @tus/server with its file store, as its documentation starts it: node server.mjs MODULES FOLDER
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, folder] = process.argv.slice(2);
const require = createRequire(pathToFileURL(join(resolve(modules), "x.cjs")));
const load = async (name) => import(pathToFileURL(require.resolve(name)));
const { Server } = await load("@tus/server");
const { FileStore } = await load("@tus/file-store");
const http = await import("node:http");

const tus = new Server({ path: "/files", datastore: new FileStore({ directory: folder }) });
const server = http.createServer((request, response) => tus.handle(request, response));
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/files`));
