import { defineConfig } from "vite";

// `npm run dev` shows the page as it is edited, on the answers of a server: WAYMARK_URL=http://127.0.0.1:8080 npm run dev
const server = process.env.WAYMARK_URL ?? "http://127.0.0.1:8080";
const ANSWERED = "^/(v1|stac|tiles|tiles\\.json|map\\.pmtiles|metrics|readyz|page\\.json|\\.well-known)(/|\\?|$)";

export default defineConfig({
  // Names carry a hash of the content, so that browsers may keep them for good.
  build: { assetsInlineLimit: 0, target: "es2022", modulePreload: { polyfill: false }, chunkSizeWarningLimit: 1500 },
  worker: { format: "es" },
  server: { proxy: { [ANSWERED]: server } },
});
