#!/usr/bin/env python3
"""Writes vectors.json: the formats of package ledger by another implementation.

It shares nothing with the Go code: RFC 6962 from its recursive definition, notes,
tiles, receipts and manifests put together by hand. Needs the "cryptography" package.
"""
import base64, hashlib, json, struct
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SEED = bytes(range(32))
ORIGIN = "claim.example/1166f61c0c9abbf6"
b64 = lambda b: base64.b64encode(b).decode()
sha = lambda b: hashlib.sha256(b).digest()

key = Ed25519PrivateKey.from_private_bytes(SEED)
pub = b"\x01" + key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
key_id = sha(ORIGIN.encode() + b"\n" + pub)[:4]
vkey = f"{ORIGIN}+{key_id.hex()}+{b64(pub)}"
skey = f"PRIVATE+KEY+{ORIGIN}+{key_id.hex()}+{b64(bytes([1]) + SEED)}"


def sign(text):
    return text + "\n\u2014 " + ORIGIN + " " + b64(key_id + key.sign(text.encode())) + "\n"


def entry(i):
    body = {"n": i, "text": ["plain", "tab\tquote\"", "<&> \u00e9 \U0001f600", "\u001f\u007f"][i % 4], "list": [i, -i - 1, None, True, {}]}
    compact = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    clock = f"2026-11-22T{13 + i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}Z"
    return ('{"v":1,"seq":%d,"time":"%s","kind":"test.entry","body":%s}' % (i, clock, compact)).encode()


def mth(leaves):
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return sha(b"\0" + leaves[0])
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha(b"\1" + mth(leaves[:k]) + mth(leaves[k:]))


def path(m, leaves):
    if len(leaves) == 1:
        return []
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if m < k:
        return path(m, leaves[:k]) + [mth(leaves[k:])]
    return path(m - k, leaves[k:]) + [mth(leaves[:k])]


def tiles(leaves):
    """c2sp.org/tlog-tiles: the n-th tile at level l from its definition."""
    out, l = {}, 0
    while len(leaves) >> (8 * l):
        count = len(leaves) >> (8 * l)
        step = 256 ** l
        for n in range((count + 255) // 256):
            w = min(256, count - 256 * n)
            name = f"{n:03}" + ("" if w == 256 else f".p/{w}")
            out[f"tile/{l}/{name}"] = b"".join(mth(leaves[j * step:(j + 1) * step]) for j in range(256 * n, 256 * n + w))
            if l == 0:
                out[f"tile/entries/{name}"] = b"".join(struct.pack(">H", len(e)) + e for e in leaves[256 * n:256 * n + w])
        l += 1
    return out


SIZE = 600
leaves = [entry(i) for i in range(SIZE)]
checkpoint = lambda n: sign(f"{ORIGIN}\n{n}\n{b64(mth(leaves[:n]))}\n")
receipt = lambda i, n: "c2sp.org/tlog-proof@v1\nextra %s\nindex %d\n%s\n%s" % (
    b64(leaves[i]), i, "".join(b64(h) + "\n" for h in path(i, leaves[:n])), checkpoint(n))

files = {k: v for k, v in tiles(leaves).items()}
files["checkpoint"] = checkpoint(SIZE).encode()
listing = "".join(f"{sha(data).hex()} {len(data)} {name}\n" for name, data in sorted(files.items()))
withheld = [sha(b"secret").hex()]
manifest = sign(f"oxenswap ledger manifest v1\n{ORIGIN}\nentries {SIZE}\nfiles {len(files)}\nwithheld 1\n{listing}{withheld[0]}\n")

json.dump({
    "origin": ORIGIN, "skey": skey, "vkey": vkey,
    "entries": [e.decode() for e in leaves[:8]],
    "all_entries_sha256": sha(b"".join(leaves)).hex(),
    "record_hashes": [b64(mth([e])) for e in leaves[:8]],
    "roots": {str(n): b64(mth(leaves[:n])) for n in (0, 1, 2, 3, 7, 255, 256, 257, 512, 600)},
    "checkpoint": checkpoint(SIZE),
    "receipts": [receipt(0, 1), receipt(7, 600), receipt(255, 256), receipt(599, 600)],
    "tiles_sha256": {k: sha(v).hex() for k, v in sorted(tiles(leaves).items())},
    "manifest": manifest,
}, open("vectors.json", "w"), indent=1)
