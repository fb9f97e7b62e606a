// `node bundle.js FILE`: app.js and all that it imports, as one module for a browser.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const entryPoints = [fileURLToPath(new URL("app.js", import.meta.url))];
await build({ entryPoints, outfile: process.argv[2], bundle: true, format: "esm", target: "es2022", logLevel: "error" });
