"""Makes the vectors beside it from docs/protocol-v2.md, with no code of the crate.

    tests/.venv/bin/python crates/crypto/tests/vectors/make.py

What the `cryptography` package lacks, BLAKE3 and SPAKE2, is written out below, slowly and
plainly. A change of the vectors is a change of the protocol.
"""

import base64
import hashlib
import hmac
import json
import struct
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


def main():
    write("ids", ids())
    write("signatures", signatures())
    write("admission", admission())
    write("network", network())
    write("chunks", chunks())


def write(name, vectors):
    path = Path(__file__).with_name(f"{name}.json")
    text = json.dumps(vectors, indent=2, ensure_ascii=False, default=bytes.hex)
    path.write_text(text + "\n", encoding="utf-8")


# Sections 2, 3 and 6.1


def ids():
    devices = [bytes(32), bytes(range(32)), bytes(255 - i for i in range(32))]
    return {
        "human": [{"id": id, "human": human(id)} for id in devices],
        "network": [
            {"name": name, "id": derive("gossamer2 network", name.encode())[:16]}
            for name in ["mesh", "", "Straße 🕸"]
        ],
        "envelope": [
            {"body": body, "id": derive("gossamer2 envelope id", body)}
            for body in [b"", b"\xa0", bytes(i % 251 for i in range(1025))]
        ],
        "purge": [
            {"secret": secret, "ack": derive("gossamer2 purge", secret)}
            for secret in [bytes(32), bytes(range(32))]
        ],
    }


def human(id):
    digits = base64.b32encode(id).decode().rstrip("=")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    digits += alphabet[derive("gossamer2 id check", id)[0] & 31]
    return "-".join(digits[i : i + 4] for i in range(0, 53, 4)).lower()


# Sections 1 and 2


def signatures():
    return [
        signature(bytes(range(32)), "envelope", b"hello"),
        signature(bytes(range(32)), "device-record", b"hello"),
        signature(b"\xff" * 32, "envelope", b""),
    ]


def signature(secret, kind, message):
    key = Ed25519PrivateKey.from_private_bytes(secret)
    public = key.public_key()
    return {
        "secret": secret,
        "public": public.public_bytes(Encoding.Raw, PublicFormat.Raw),
        "spki": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "pkcs8": key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        "kind": kind,
        "message": message,
        "signature": key.sign(b"gossamer2/" + kind.encode() + b"\0" + message),
    }


# Section 5.3


def admission():
    password, name = "correct horse ✓", "mesh"
    salt = derive("gossamer2 password salt", name.encode())[:16]
    argon2 = Argon2id(salt=salt, length=32, iterations=2, lanes=1, memory_cost=19456)
    key = argon2.derive(password.encode())
    client, server = bytes([1] * 32), bytes([2] * 32)
    x, y = 0x1234567890ABCDEF << 180 | 7, 0xFEDCBA0987654321 << 170 | 9
    exporter, hellos = bytes([3] * 32), (b"hello of the client", b"hello of the server")

    from_client = add(multiply(BASE, x), multiply(M, scalar(key)))
    from_server = add(multiply(BASE, y), multiply(N, scalar(key)))
    shared = multiply(add(from_server, multiply(N, -scalar(key))), x)
    assert encode(shared) == encode(multiply(BASE, x * y))
    secret = sha256(
        sha256(key)
        + sha256(client)
        + sha256(server)
        + encode(from_client)
        + encode(from_server)
        + encode(shared)
    )
    confirmed = exporter + hellos[0] + hellos[1]
    return {
        "password": password,
        "network_name": name,
        "password_key": key,
        "client": client,
        "server": server,
        "client_scalar": x.to_bytes(32, "little"),
        "server_scalar": y.to_bytes(32, "little"),
        "client_message": b"A" + encode(from_client),
        "server_message": b"B" + encode(from_server),
        "exporter": exporter,
        "client_hello": hellos[0],
        "server_hello": hellos[1],
        "client_confirmation": mac(secret, b"gossamer2 confirm client" + confirmed),
        "server_confirmation": mac(secret, b"gossamer2 confirm server" + confirmed),
    }


def sha256(data):
    return hashlib.sha256(data).digest()


def mac(key, data):
    return hmac.digest(key, data, "sha256")


def scalar(key):
    """HKDF-SHA256 with no salt to 48 bytes, as a big-endian number."""
    prk, info = mac(b"", key), b"SPAKE2 pw"
    first = mac(prk, info + b"\x01")
    return int.from_bytes((first + mac(prk, first + info + b"\x02"))[:48], "big") % ORDER


# Sections 5.4 and 7.2


def network():
    keys = [bytes([n] * 32) for n in range(80)]
    kept = sorted(keys, key=key_id)[:64]
    messages = [
        (1699123456, "c0ffee00-0000-4000-8000-000000000001", "Grüße an Ben"),
        (0, "", ""),
        (4102444800, "an id", "sixteen bytes!!!"),
    ]
    return {
        "ids": [{"key": key, "id": key_id(key)} for key in keys],
        "kept": kept,
        "classic": [classic(kept[0], *message) for message in messages],
    }


def key_id(key):
    return derive("gossamer2 network key", key)[:8]


def classic(key, timestamp, message_id, text):
    iv = keyed(key, message_id.encode() + b"\0" + text.encode())[:16]
    fernet = Fernet(base64.urlsafe_b64encode(key))
    token = fernet._encrypt_from_parts(text.encode(), timestamp, iv)
    return {
        "key": key,
        "timestamp_s": timestamp,
        "message_id": message_id,
        "text": text,
        "token": token.decode(),
    }


# Section 9, "Sealed chunks". Large ones are given by their BLAKE3.


def chunks():
    key, file = bytes(range(32)), bytes(range(100, 116))
    return [
        chunk(key, file, 0, b""),
        chunk(key, file, 1, b"hello"),
        chunk(key, bytes(16), 1, b"hello"),
        chunk(key, file, 0xFFFFFFFF, bytes(range(256))),
        chunk(key, file, 2, bytes(i % 251 for i in range(256 * 1024))),
    ]


def chunk(key, file, index, plaintext):
    chunk_key = derive("gossamer2 file chunk key", key + file)
    nonce_key = derive("gossamer2 file nonce key", key + file)
    nonce = keyed(nonce_key, struct.pack(">I", index) + plaintext)[:12]
    aad = file + struct.pack(">II", index, len(plaintext))
    sealed = nonce + AESGCM(chunk_key).encrypt(nonce, plaintext, aad)
    place = {"key": key, "file": file, "index": index}
    if len(plaintext) > 256:
        return place | {"counting_mod_251": len(plaintext), "blake3": blake3(sealed)}
    return place | {"plaintext": plaintext, "sealed": sealed}


# BLAKE3, from its specification.

IV = [
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
    0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
]  # fmt: skip
PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
START, END, PARENT, ROOT, KEYED, CONTEXT, MATERIAL = (1 << bit for bit in range(7))
MIXES = [
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
]  # fmt: skip


def blake3(data):
    return tree(IV, data, 0)


def keyed(key, data):
    return tree(struct.unpack("<8I", key), data, KEYED)


def derive(context, data):
    key = tree(IV, context.encode(), CONTEXT)
    return tree(struct.unpack("<8I", key), data, MATERIAL)


def tree(key, data, flags, counter=0, root=ROOT):
    if len(data) <= 1024:
        return leaf(key, data, flags, counter, root)
    full = (len(data) - 1) // 1024
    left = 1 << (full.bit_length() - 1)
    children = tree(key, data[: left * 1024], flags, counter, 0)
    children += tree(key, data[left * 1024 :], flags, counter + left, 0)
    return pack(compress(key, children, 0, 64, flags | PARENT | root))


def leaf(key, data, flags, counter, root):
    blocks = [data[i : i + 64] for i in range(0, len(data), 64)] or [b""]
    value = key
    for i, block in enumerate(blocks):
        at = START * (i == 0) | (END | root) * (i == len(blocks) - 1)
        value = compress(value, block.ljust(64, b"\0"), counter, len(block), flags | at)
    return pack(value)


def pack(words):
    return struct.pack("<8I", *words)


def compress(value, block, counter, size, flags):
    words = struct.unpack("<16I", block)
    s = [*value, *IV[:4], counter & 0xFFFFFFFF, counter >> 32, size, flags]
    for _ in range(7):
        for i, (a, b, c, d) in enumerate(MIXES):
            for word, right, left in [(words[2 * i], 16, 12), (words[2 * i + 1], 8, 7)]:
                s[a] = (s[a] + s[b] + word) & 0xFFFFFFFF
                s[d] = rotate(s[d] ^ s[a], right)
                s[c] = (s[c] + s[d]) & 0xFFFFFFFF
                s[b] = rotate(s[b] ^ s[c], left)
        words = [words[i] for i in PERMUTATION]
    return [s[i] ^ s[i + 8] for i in range(8)]


def rotate(word, by):
    return (word >> by | word << (32 - by)) & 0xFFFFFFFF


# The group of Ed25519 (RFC 8032) in affine coordinates, and the two points of SPAKE2 in it.

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, PRIME) % PRIME


def decode(text):
    number = int.from_bytes(bytes.fromhex(text), "little")
    y, sign = number & (2**255 - 1), number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    assert x * x % PRIME == square
    return (PRIME - x if x & 1 != sign else x), y


def encode(point):
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def add(one, other):
    (a, b), (c, d) = one, other
    product = D * a * b * c * d
    x = (a * d + b * c) * pow(1 + product, -1, PRIME) % PRIME
    y = (b * d + a * c) * pow(1 - product, -1, PRIME) % PRIME
    return x, y


def multiply(point, factor):
    result = (0, 1)
    for bit in bin(factor % ORDER)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


BASE = decode("58" + "66" * 31)
M = decode("15cfd18e385952982b6a8f8c7854963b58e34388c8e6dae891db756481a02312")
N = decode("f04f2e7eb734b2a8f8b472eaf9c3c632576ac64aea650b496a8a20ff00e583c3")


if __name__ == "__main__":
    main()
