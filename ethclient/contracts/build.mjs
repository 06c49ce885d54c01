// Compiles the contracts with the pinned solc and writes one artifact (ABI, bytecode, where the
// immutables lie) per contract, and the distributor's storage layout. The same sources give the
// same bytes on every machine.
//
//   node build.mjs           writes the artifacts
//   node build.mjs --check   compares them with what is committed; exits 1 and names what differs
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const solc = require("solc");

// Source file -> contracts taken from it, and where their artifacts go.
const wanted = {
  "ClaimTree.sol": { dir: ".", contracts: [] },
  "ISessionTokenDistributor.sol": { dir: ".", contracts: [] },
  "SessionTokenDistributor.sol": { dir: ".", contracts: ["SessionTokenDistributor"] },
  "TestToken.sol": { dir: ".", contracts: ["TestToken"] },
  "testdata/TestTokens.sol": {
    dir: "testdata",
    contracts: ["FalseToken", "FeeToken", "ReentrantToken", "EightDecimals", "NoDecimals", "TransferLoop"],
  },
};

// The hash of the metadata is left out, so that bytecode changes only when code does. "prague" is
// what Arbitrum One runs (no opcode of a later fork); runs is chosen for cheap calls, not for a
// cheap deployment.
const settings = {
  evmVersion: "prague",
  viaIR: true,
  optimizer: { enabled: true, runs: 1_000_000 },
  metadata: { bytecodeHash: "none" },
};

function compile() {
  const pinned = JSON.parse(readFileSync(join(here, "package.json"), "utf8")).devDependencies.solc;
  if (!solc.version().startsWith(`${pinned}+`)) {
    fail(`solc is ${solc.version()}, package.json pins ${pinned}: run npm ci --ignore-scripts`);
  }
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(Object.keys(wanted).map((f) => [f, { content: readFileSync(join(here, f), "utf8") }])),
    settings: {
      ...settings,
      outputSelection: {
        "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences", "storageLayout"], "": ["ast"] },
      },
    },
  };
  const find = (path) => {
    try {
      return { contents: readFileSync(require.resolve(path), "utf8") };
    } catch (err) {
      return { error: err.message };
    }
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: find }));
  const problems = (output.errors ?? []).filter((e) => e.severity !== "info");
  if (problems.length > 0) {
    fail(problems.map((e) => e.formattedMessage).join("\n"));
  }
  return output;
}

// The compiler names immutables by AST node; people and the Go package name them as the source
// does.
function immutableNames(output) {
  const names = new Map();
  const walk = (node) => {
    if (Array.isArray(node)) return node.forEach(walk);
    if (node === null || typeof node !== "object") return;
    if (node.nodeType === "VariableDeclaration" && node.mutability === "immutable") names.set(String(node.id), node.name);
    Object.values(node).forEach(walk);
  };
  Object.values(output.sources).forEach((s) => walk(s.ast));
  return names;
}

function artifact(name, compiled, names) {
  const immutables = {};
  for (const [id, places] of Object.entries(compiled.evm.deployedBytecode.immutableReferences ?? {})) {
    if (places.some((p) => p.length !== 32)) fail(`${name}: an immutable is not 32 bytes long`);
    immutables[names.get(id)] = places.map((p) => p.start).sort((a, b) => a - b);
  }
  return {
    contract: name,
    solc: solc.version(),
    settings,
    abi: compiled.abi,
    bytecode: "0x" + compiled.evm.bytecode.object,
    deployedBytecode: "0x" + compiled.evm.deployedBytecode.object,
    immutables: Object.fromEntries(Object.entries(immutables).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

// One line per variable: slot, offset in it, length in bytes, name; structs by their members.
function storage({ storage, types }) {
  const lines = [];
  const walk = (variables, slot, prefix) => {
    for (const v of variables) {
      const { members, numberOfBytes } = types[v.type];
      const at = slot + Number(v.slot);
      if (members) walk(members, at, `${prefix}${v.label}.`);
      else lines.push(`${at} ${v.offset} ${numberOfBytes} ${prefix}${v.label}\n`);
    }
  };
  walk(storage, 0, "");
  return lines.join("");
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

const check = process.argv.includes("--check");
const output = compile();
const names = immutableNames(output);
const stale = [];
const keep = (file, bytes) => {
  if (!check) return writeFileSync(join(here, file), bytes);
  let committed = "";
  try {
    committed = readFileSync(join(here, file), "utf8");
  } catch {}
  if (committed !== bytes) stale.push(file);
};
for (const [source, { dir, contracts }] of Object.entries(wanted)) {
  for (const name of contracts) {
    const compiled = output.contracts[source][name];
    keep(join(dir, `${name}.json`), JSON.stringify(artifact(name, compiled, names), null, 1) + "\n");
    if (name === "SessionTokenDistributor") keep("testdata/storage.txt", storage(compiled.storageLayout));
  }
}
if (stale.length > 0) {
  fail(`not what the sources compile to: ${stale.join(", ")}; run ethclient/contracts/build.sh and commit the result`);
}
