#!/usr/bin/env node
// A native compiler's face for the pinned solc-js: what forge asks of one, and nothing more.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const solc = require(join(__dirname, "..", "node_modules", "solc"));

const asked = process.argv.slice(2);
if (asked.includes("--version")) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
} else if (asked.includes("--standard-json")) {
  // The sources come whole, imports included: the paths that forge allows beside do not matter.
  process.stdout.write(solc.compile(readFileSync(0, "utf8")));
} else {
  console.error(`${__filename}: only --version and --standard-json are understood, not ${asked}`);
  process.exit(2);
}
