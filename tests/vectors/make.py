#!/usr/bin/env python3
"""Makes the JSON vectors of this folder, from architecture-docs/protocol.md and nothing of our C# code.

An implementation of its own: Python's hashlib and hmac, and the package `cryptography` for X25519, ChaCha20-Poly1305
and AES (Debian: python3-cryptography). Deterministic; running it again changes nothing.
"""
import base64
import hashlib
import hmac
import json
import os
import struct

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

HERE = os.path.dirname(os.path.abspath(__file__))
SEGMENT = 65536


def sha(data):
    return hashlib.sha256(data).digest()


def counting(start, length):
    return bytes((start + i) % 256 for i in range(length))


def b64(data):
    return base64.b64encode(data).decode()


def save(name, value):
    with open(os.path.join(HERE, name), "w", encoding="utf-8", newline="\n") as file:
        json.dump(value, file, ensure_ascii=True, indent=2)
        file.write("\n")


# --- Crypt4GH -------------------------------------------------------------------------------------------------------

RECIPIENT = counting(0x00, 32)
STRANGER = counting(0x20, 32)
WRITER = counting(0x40, 32)
DATA_KEY = counting(0x80, 32)
DATA_KEY_2 = counting(0xA0, 32)


def public(private):
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def header_key(reader_public):
    shared = X25519PrivateKey.from_private_bytes(WRITER).exchange(X25519PublicKey.from_public_bytes(reader_public))
    return hashlib.blake2b(shared + reader_public + public(WRITER)).digest()[:32]


def nonce(number):
    return bytes(8) + struct.pack(">I", number)


def packet(body, number=0, reader=RECIPIENT, method=0):
    reader_public = public(reader)
    sealed = ChaCha20Poly1305(header_key(reader_public)).encrypt(nonce(number), body, None)
    rest = struct.pack("<I", method) + public(WRITER) + nonce(number) + sealed
    return struct.pack("<I", len(rest) + 4) + rest


def key_packet(key=DATA_KEY, **more):
    return packet(struct.pack("<II", 0, 0) + key, **more)


def edit_list(**more):
    return packet(struct.pack("<IIQ", 1, 1, 7), **more)


def header(*packets, magic=b"crypt4gh", version=1, count=None):
    return magic + struct.pack("<II", version, len(packets) if count is None else count) + b"".join(packets)


def segments(content, key=DATA_KEY):
    cipher = ChaCha20Poly1305(key)
    out = []
    for at in range(0, len(content), SEGMENT):
        number = nonce(1 + at // SEGMENT)
        out.append(number + cipher.encrypt(number, content[at:at + SEGMENT], None))
    return out


def crypt4gh():
    plain = header(key_packet())
    pattern = bytes(i % 251 for i in range(3 * SEGMENT))
    cases = []
    for name, content, spec in [
        ("nothing", b"", {"text": ""}),
        ("one byte", b"x", {"text": "x"}),
        ("a sentence", "Høyde over havet: ukjent.".encode(), {"text": "Høyde over havet: ukjent."}),
        ("one byte less than a segment", pattern[:SEGMENT - 1], {"pattern": SEGMENT - 1}),
        ("exactly a segment", pattern[:SEGMENT], {"pattern": SEGMENT}),
        ("one byte more than a segment", pattern[:SEGMENT + 1], {"pattern": SEGMENT + 1}),
        ("exactly three segments", pattern, {"pattern": 3 * SEGMENT}),
    ]:
        file = plain + b"".join(segments(content))
        case = {"name": name, "content": spec, "length": len(file), "sha256": sha(file).hex()}
        if len(file) < 1000:
            case["file"] = b64(file)
        cases.append(case)

    body = b"".join(segments(b"x" * 100))
    flipped = bytearray(plain + body)
    flipped[-20] ^= 1
    refused = [
        ("another magic number", "crypt4gh-malformed", header(key_packet(), magic=b"crypt5gh") + body),
        ("version 2", "crypt4gh-version", header(key_packet(), version=2) + body),
        ("no packet", "crypt4gh-header", header() + body),
        ("more packets than anybody needs", "crypt4gh-header", header(key_packet(), count=2**31) + body),
        ("a packet of impossible length", "crypt4gh-header", header(struct.pack("<I", 3)) + body),
        ("an unknown header method", "crypt4gh-header", header(key_packet(method=1)) + body),
        ("an unknown packet type", "crypt4gh-header", header(packet(struct.pack("<II", 2, 0) + DATA_KEY)) + body),
        ("an unknown data method", "crypt4gh-header", header(packet(struct.pack("<II", 0, 1) + DATA_KEY)) + body),
        ("for somebody else", "crypt4gh-not-for-this-key", header(key_packet(reader=STRANGER)) + body),
        ("for somebody else too", "crypt4gh-not-for-this-key",
         header(key_packet(), key_packet(reader=STRANGER, number=9)) + body),
        ("two data keys", "crypt4gh-several-keys", header(key_packet(), key_packet(DATA_KEY_2, number=9)) + body),
        ("an edit list", "crypt4gh-edit-list", header(key_packet(), edit_list(number=9)) + body),
        ("an edit list first", "crypt4gh-edit-list", header(edit_list(number=9), key_packet()) + body),
        ("cut in the preamble", "crypt4gh-truncated", plain[:10]),
        ("cut in the header", "crypt4gh-truncated", plain[:-1]),
        ("cut in a segment's nonce", "crypt4gh-truncated", plain + body[:5]),
        ("a segment without content", "crypt4gh-truncated", plain + body[:12] + bytes(16)),
        ("cut in a segment", "crypt4gh-forged", plain + body[:-1]),
        ("something after the last segment", "crypt4gh-forged", plain + body + b"x"),
        ("a changed bit", "crypt4gh-forged", bytes(flipped)),
        ("a segment of another data key", "crypt4gh-forged", plain + b"".join(segments(b"x" * 100, DATA_KEY_2))),
    ]
    save("crypt4gh.json", {
        "about": "Keys are hex. Nonce n is 8 zero bytes and n as 4 bytes big-endian: 0 for the header packet, k for "
                 "segment k counted from 1. Content 'pattern' n is the bytes i mod 251 for i from 0 to n-1. Files are "
                 "base64, or length and SHA-256 alone.",
        "recipientPrivateKey": RECIPIENT.hex(),
        "recipientPublicKey": public(RECIPIENT).hex(),
        "writerPrivateKey": WRITER.hex(),
        "writerPublicKey": public(WRITER).hex(),
        "dataKey": DATA_KEY.hex(),
        "headerKey": header_key(public(RECIPIENT)).hex(),
        "cases": cases,
        "refused": [{"name": n, "code": c, "file": b64(f)} for n, c, f in refused],
    })


# --- Identifiers, keys, pseudonyms ----------------------------------------------------------------------------------

def identifier(day, month, year, individual, rest=0):
    """A synthetic number (month + 80) whose first control sum leaves `rest`; only rest 0 is valid before 2032."""
    head = [int(c) for c in f"{day:02}{month + 80:02}{year:02}{individual:03}"]
    k1 = (rest - sum(w * d for w, d in zip((3, 7, 6, 1, 8, 9, 4, 5, 2), head))) % 11
    k2 = -sum(w * d for w, d in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2), head + [k1])) % 11
    if k1 == 10 or k2 == 10:
        return identifier(day, month, year, individual + 1, rest)
    return "".join(map(str, head)) + f"{k1}{k2}"


PERSONS = [
    ("fnr, synthetic", identifier(17, 11, 20, 500)),
    ("D-number, synthetic", identifier(57, 2, 71, 120)),
    ("valid from 2032 only, rest 1", identifier(3, 6, 99, 100, rest=1)),
    ("valid from 2032 only, rest 3", identifier(28, 12, 5, 333, rest=3)),
]
PERMIT_KEY = counting(0x11, 32)
LINEAGE = "0194f1c0-0000-7000-8000-000000000001"
ORDERS = [sha(b"order one").hex(), sha(b"order two").hex()]


def derive(label, context):
    return hmac.new(PERMIT_KEY, label.encode() + b"\0" + context.encode() + b"\1", hashlib.sha256).digest()


def aes(key):
    return Cipher(algorithms.AES(key), modes.ECB())


def encrypt(key, block):
    return aes(key).encryptor().update(block)


def decrypt(key, block):
    return aes(key).decryptor().update(block)


def block(number):
    return b"\1" + number.encode() + bytes(4)


def pseudonyms():
    pseudonym_key = derive("pseudonym", LINEAGE)
    persons = []
    for name, number in PERSONS:
        person = {"name": name, "identifier": number, "block": block(number).hex(),
                  "permitPseudonym": encrypt(pseudonym_key, block(number)).hex(), "orders": []}
        for order in ORDERS:
            token = encrypt(derive("token", order), block(number))
            assert decrypt(derive("token", order), token) == block(number)
            delivery = encrypt(derive("delivery", order), encrypt(pseudonym_key, block(number)))
            person["orders"].append({"token": token.hex(), "deliveryPseudonym": delivery.hex()})
        persons.append(person)

    good = block(PERSONS[0][1])
    number = PERSONS[0][1]
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    refused = [
        ("another version", b"\2" + good[1:]),
        ("no version", b"\0" + good[1:]),
        ("wrong control digit", block(wrong)),
        ("no digit", good[:5] + b"a" + good[6:]),
        ("padding", good[:15] + b"\1"),
        ("all zero", bytes(16)),
        ("a token of the other order", decrypt(derive("token", ORDERS[0]), encrypt(derive("token", ORDERS[1]), good))),
        ("a forged token", decrypt(derive("token", ORDERS[0]), counting(0, 16))),
    ]
    save("pseudonyms.json", {
        "about": "All values hex but identifiers, lineage and labels. Person numbers are synthetic (month + 80); no "
                 "number of ours is of a form that is issued to anybody.",
        "permitKey": PERMIT_KEY.hex(),
        "lineage": LINEAGE,
        "orders": ORDERS,
        "keys": [{"label": label, "context": context, "key": derive(label, context).hex()}
                 for label, context in [("pseudonym", LINEAGE), ("wrap", LINEAGE), ("token", ORDERS[0]),
                                        ("delivery", ORDERS[0]), ("token", ORDERS[1]), ("delivery", ORDERS[1])]],
        "persons": persons,
        "refusedBlocks": [{"name": n, "block": b.hex()} for n, b in refused],
        "refusedTexts": ["", "00", "0" * 31, "0" * 33, "A" + "0" * 31, "0" * 31 + "g", " " + "0" * 31, "0x" + "0" * 30],
    })


# --- Records --------------------------------------------------------------------------------------------------------

def records():
    numbers = sorted(n for _, n in PERSONS)
    ids = [n.encode() for n in numbers]
    tokens = sorted(encrypt(derive("token", ORDERS[0]), block(n)) for n in numbers)
    issued = b"".join(b"\0" + t for t in tokens[:2])
    other = bytes(16)

    def change(kind, person, other=b"0" * 11, date=b"20240517"):
        return kind + date + person + other

    cases = [
        ("identifiers", "nothing", b"", b"", None, None),
        ("identifiers", "ascending", b"", b"".join(ids), None, None),
        ("identifiers", "going on after a part", ids[0], b"".join(ids[1:]), None, None),
        ("identifiers", "invalid control digits are judged later", b"", b"0" * 11, None, None),
        ("identifiers", "one twice", b"", ids[0] + ids[1] + ids[1], "record-repeated", 2),
        ("identifiers", "the last of the part before again", ids[0], ids[0], "record-repeated", 0),
        ("identifiers", "descending", b"", ids[1] + ids[0], "record-out-of-order", 1),
        ("identifiers", "below the part before", ids[1], ids[0], "record-out-of-order", 0),
        ("identifiers", "a letter", b"", ids[0][:-1] + b"x", "record-not-digits", 0),
        ("identifiers", "cut", b"", ids[0] + ids[1][:-1], "record-truncated", 1),
        ("tokenAnswers", "all codes", b"", issued + b"\1" + other + b"\2" + other + b"\3" + other, None, None),
        ("tokenAnswers", "a token behind a withheld code", b"", b"\1" + tokens[0], "record-padding", 0),
        ("tokenAnswers", "a code of the re-key", b"", issued + b"\4" + other, "record-code-unknown", 2),
        ("tokenAnswers", "cut", b"", issued[:-1], "record-truncated", 1),
        ("tokens", "ascending", b"", b"".join(tokens), None, None),
        ("tokens", "one twice", b"", tokens[0] + tokens[0], "record-repeated", 1),
        ("tokens", "descending", b"", tokens[1] + tokens[0], "record-out-of-order", 1),
        ("tokens", "cut", b"", tokens[0][:-1], "record-truncated", 0),
        ("rekeyAnswers", "both codes", b"", issued + b"\4" + other, None, None),
        ("rekeyAnswers", "a pseudonym outside the cohort", b"", b"\4" + tokens[0], "record-padding", 0),
        ("rekeyAnswers", "a code of the tokens", b"", b"\1" + other, "record-code-unknown", 0),
        ("population", "all kinds", b"", change(b"N", ids[0], ids[1]) + change(b"D", ids[0]) + change(b"P", ids[1]) + change(b"O", ids[1]), None, None),
        ("population", "nothing", b"", b"", None, None),
        ("population", "another kind", b"", change(b"D", ids[0]) + change(b"X", ids[0]), "record-code-unknown", 1),
        ("population", "no day of any year", b"", change(b"D", ids[0], date=b"20230229"), "record-date", 0),
        ("population", "no number of anybody", b"", change(b"D", b"0" * 11), "record-identifier-invalid", 0),
        ("population", "a change to no number", b"", change(b"N", ids[0]), "record-identifier-invalid", 0),
        ("population", "a change to the same number", b"", change(b"N", ids[0], ids[0]), "record-same-person", 0),
        ("population", "a death with another number", b"", change(b"D", ids[0], ids[1]), "record-padding", 0),
        ("population", "cut", b"", change(b"D", ids[0])[:-1], "record-truncated", 0),
        ("aliases", "two", b"", tokens[0] + tokens[1] + tokens[1] + tokens[2], None, None),
        ("aliases", "of itself", b"", tokens[0] + tokens[1] + tokens[2] + tokens[2], "record-same-pseudonym", 1),
        ("aliases", "cut", b"", tokens[0] + tokens[1][:-1], "record-truncated", 0),
    ]
    total = sum(int.from_bytes(t, "big") for t in tokens) % 2**128
    save("records.json", {
        "about": "Records and the last record of the part before, hex; code and position (from 0) where refused.",
        "cases": [{"format": f, "name": n, "previous": p.hex(), "records": r.hex(), "code": c, "position": at}
                  for f, n, p, r, c, at in cases],
        "tokenSum": {"tokens": b"".join(tokens).hex(), "count": len(tokens), "sum": f"{total:032x}"},
    })


# --- Rows and digests -----------------------------------------------------------------------------------------------

SEPARATOR = "\x1f"


def file_of(header_names, rows):
    return "".join(SEPARATOR.join(line) + "\n" for line in [header_names] + rows)


def row_hash(row):
    return sha(SEPARATOR.join(row[1:]).encode())


def digest(hashes):
    return f"{sum(int.from_bytes(h, 'big') for h in hashes) % 2**256:064x}"


def rows():
    number = PERSONS[0][1]
    pseudonym = [encrypt(derive("pseudonym", LINEAGE), block(n)).hex() for _, n in PERSONS]
    cancer = [
        [pseudonym[0], "2014-03-09", "C50.4", "II", "1.50"],
        [pseudonym[0], "2019-11-30", "C34.1", "", "2"],
        [pseudonym[1], "2001-01-01", "C61.9", "ukjent – æøå", ""],
        [pseudonym[1], "2001-01-01", "C61.9", "ukjent – æøå", ""],
        [pseudonym[2], "", "", "", ""],
    ]
    death = [[pseudonym[1], "2003-05-17", "C61.9"], [pseudonym[3], "2020-02-29", "I21.9"]]
    names = ["pseudonym", "diagnosed", "topography", "stage", "dose"]
    files = [
        ("cancer", names, cancer),
        ("death", ["pseudonym", "died", "cause"], death),
        ("no row", ["token", "a"], []),
        ("the person column alone", ["token"], [[pseudonym[0]]]),
    ]
    person_rows = {}
    for source, lines in (("cancer", cancer), ("death", death)):
        for line in lines:
            entry = sha(source.encode() + b"\x1f" + row_hash(line).hex().encode())
            person_rows.setdefault(line[0], []).append(entry)
    persons = [sha(b"".join(sorted(entries))) for entries in person_rows.values()]

    long_field = "x" * (65536 - 33)
    refused = [
        ("an empty file", "", "header-missing", 1, None),
        ("a column without a name", "token\x1f\n", "header-malformed", 1, 1),
        ("a name twice", "token\x1fa\x1fa\n", "header-malformed", 1, 2),
        ("a field too few", "token\x1fa\nx\n", "field-count", 2, None),
        ("a field too many", "token\x1fa\nx\x1fy\x1fz\n", "field-count", 2, None),
        ("an empty line", "token\x1fa\nx\x1fy\n\n", "field-count", 3, None),
        ("a tab", "token\x1fa\nx\x1f\ty\n", "control-character", 2, 1),
        ("a carriage return", "token\x1fa\r\n", "control-character", 1, 1),
        ("a zero byte", "token\x1fa\n\0\x1fy\n", "control-character", 2, 0),
        ("no line end at the end", "token\x1fa\nx\x1fy", "line-unterminated", 2, None),
        ("a line of 65537 bytes", "token\x1fa\n" + pseudonym[0] + "\x1f" + long_field + "x\n", "line-too-long", 2, None),
    ]
    types = [
        ("integer", ["0", "-1", "007", "9223372036854775807", "-9223372036854775808"],
         ["-", "+1", "1.0", " 1", "1 ", "1e3", "9223372036854775808", "a", "0x1"]),
        ("decimal", ["0", "-1", "1.5", "-0.25", "00.50", "9" * 38],
         [".5", "5.", "-", "1,5", "1e3", "+1.0", "1.2.3", "--1", "NaN", "9" * 39]),
        ("date", ["2000-02-29", "1899-12-31", "0001-01-01", "9999-12-31"],
         ["2001-02-29", "2000-2-9", "2000-00-01", "2000-13-01", "2000-01-00", "2000-01-32", "0000-01-01",
          "20000101", "2000-01-01T00:00", "01-01-2000", "2000/01/01"]),
        ("boolean", ["true", "false"], ["True", "TRUE", "1", "0", "t", "yes"]),
        ("string", ["x", " ", "æøå", "1e3"], []),
    ]
    near = number[:6] + " " + number[6:]
    hyphen = number[:6] + "-" + number[6:]
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    rest1 = PERSONS[2][1]
    found = [number, f"a{number}b", f"se {number}.", near, hyphen, f"{'x' * 60}{number}", f"({hyphen})", rest1,
             f"1 {number}", f"{number} 1", f"æ{number}ø", f"{wrong} {number}"]
    clear = ["", "x", number[:-1], wrong, "0" + number, number + "0", number[:6] + "  " + number[6:],
             number[:5] + " " + number[5:], number[:6] + "." + number[6:], number[:6] + SEPARATOR + number[6:],
             "2014-03-09", "1234567890123", number[:6] + " 0" + number[6:]]
    save("rows.json", {
        "about": "Files as text (U+001F between fields, LF after lines); hashes hex; lines from 1 with the header, "
                 "columns from 0. Person numbers are synthetic (month + 80).",
        "files": [{"name": n, "columns": c, "text": file_of(c, r), "rows": len(r),
                   "rowHashes": [row_hash(x).hex() for x in r], "rowDigest": digest([row_hash(x) for x in r])}
                  for n, c, r in files],
        "linkage": {"sources": ["cancer", "death"], "persons": len(persons), "digest": digest(persons)},
        "refused": [{"name": n, "text": t, "code": c, "line": line, "column": column}
                    for n, t, c, line, column in refused if len(t) < 5000],
        "longestLine": {"bytes": 65536, "codeAbove": "line-too-long"},
        "types": [{"type": t, "valid": ["", *v], "invalid": i} for t, v, i in types],
        "scanner": {"found": found, "clear": clear},
    })


crypt4gh()
pseudonyms()
records()
rows()
