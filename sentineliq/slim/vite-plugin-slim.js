/* What a page's scripts do without, and how they are cut. A step whose file is not found, or has another shape,
 * ends the build. */

import { fileURLToPath } from "url";

/* Icons are none of them: they go with the pages that show them. */
const LIBRARIES = /\/node_modules\/(?!lucide-react\/)/;
const TRANSPORTS = "/engine.io-client/build/esm/transports/index.js";
const UNUSED_TRANSPORTS = /\/engine\.io-client\/build\/esm\/transports\/(polling|webtransport)/;
const CSS_PROPERTY = /\bcss:\s*\(/;
const GENERATED = /\/(app|app_components|utils\/components)\/[^?]*\.jsx?$/;

export default function slim() {
  let transportsFound = false;
  return {
    name: "sentineliq-slim",
    apply: "build",
    enforce: "pre",

    config() {
      const jsx = fileURLToPath(new URL("./slim-jsx.js", import.meta.url));
      return {
        resolve: { alias: [{ find: "@emotion/react", replacement: jsx }] },
        build: {
          rollupOptions: {
            /* Two chunks for what every page needs, where the bundler would make five: libraries, which stay in
             * caches when only we have changed, and what nearly all of our own pages share. */
            output: {
              codeSplitting: {
                groups: [
                  { name: "libraries", test: LIBRARIES },
                  { name: "shared", minShareCount: 15 },
                ],
              },
            },
            treeshake: { moduleSideEffects: [{ test: UNUSED_TRANSPORTS, sideEffects: false }] },
          },
        },
      };
    },

    /* Our pages talk over a websocket and never over anything else (`transport` in rxconfig.py): without the
     * transports that socket.io would fall back to. */
    load(id) {
      if (!id.endsWith(TRANSPORTS)) return null;
      transportsFound = true;
      return 'import { WS } from "./websocket.js"; export const transports = { websocket: WS };';
    },

    transform(code, id) {
      if (GENERATED.test(id) && CSS_PROPERTY.test(code)) {
        this.error(`${id} has a css property (style= in Python), which needs emotion: use a class.`);
      }
      return null;
    },

    generateBundle() {
      if (this.environment.name === "client" && !transportsFound) {
        this.error("engine.io-client has no list of transports where it was.");
      }
    },
  };
}
