#!/usr/bin/env python3
"""Makes documents.json, from architecture-docs/protocol-documents.md and nothing of our C# code.

Python's standard library and the package `cryptography` 43 or later (signatures are deterministic, RFC 6979).
Running it again changes nothing.
"""
import base64
import hashlib
import json
import os

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

HERE = os.path.dirname(os.path.abspath(__file__))
NOW = 1795608000  # 2026-11-25T12:00:00Z
DAY = 86400


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def sha(text):
    return hashlib.sha256(text.encode("ascii")).hexdigest()


class Key:
    """A P-256 key of a fixed private number."""

    def __init__(self, name, kid):
        self.kid = kid
        self.d = int.from_bytes(hashlib.sha256(("vector key " + name).encode()).digest(), "big") >> 1
        self.key = ec.derive_private_key(self.d, ec.SECP256R1())
        numbers = self.key.public_key().public_numbers()
        self.jwk = {
            "kty": "EC",
            "crv": "P-256",
            "x": b64u(numbers.x.to_bytes(32, "big")),
            "y": b64u(numbers.y.to_bytes(32, "big")),
        }
        self.thumbprint = b64u(hashlib.sha256(compact({k: self.jwk[k] for k in ("crv", "kty", "x", "y")}).encode()).digest())

    def sign(self, header, payload):
        """Header and payload as text, so that bad ones can be signed too."""
        text = b64u(header.encode()) + "." + b64u(payload.encode())
        der = self.key.sign(text.encode("ascii"), ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = utils.decode_dss_signature(der)
        return text + "." + b64u(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def document(self, typ, payload, kid=None):
        return self.sign(compact({"alg": "ES256", "typ": typ, "kid": kid or self.kid}), compact(payload))


def x25519(name):
    private = X25519PrivateKey.from_private_bytes(hashlib.sha256(("vector box " + name).encode()).digest())
    return private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def okp(raw):
    return {"kty": "OKP", "crv": "X25519", "x": b64u(raw)}


def digest(text):
    return sha(text[: text.rindex(".")])


root = Key("root", "root")
parties = [
    ("permit", "permit"),
    ("gateway", "gateway"),
    ("pseudonymisation", "pseudonymisation"),
    ("cancerregistry", "holder"),
    ("deathregistry", "holder"),
    ("referencespe", "spe"),
    ("mallory", "permit"),
    ("speregistry", "speregistry"),
    ("setup", "enrolment"),
]
keys = {(party, use): Key(party + use, f"{party}:1:{use}") for party, use in parties}
permit_key, gateway, pseudo = keys["permit", "permit"], keys["gateway", "gateway"], keys["pseudonymisation", "pseudonymisation"]
holder, other, spe = keys["cancerregistry", "holder"], keys["deathregistry", "holder"], keys["referencespe", "spe"]
mallory = keys["mallory", "permit"]
ended = Key("ended", "ended:1:holder")
spe_next = Key("spe next", "referencespe:2:spe")


def statement(party, use, jwk, sequence=1, start=NOW - DAY, end=NOW + 3650 * DAY):
    payload = {"party": party, "use": use, "key": jwk, "sequence": sequence, "from": start, "to": end}
    return root.document("key-statement+jwt", payload)


lines = [{"statement": statement(party, use, keys[party, use].jwk)} for party, use in parties]
lines.append({"statement": statement("ended", "holder", ended.jwk, end=NOW)})
lines.append({"statement": statement("cancerregistry", "encryption", okp(x25519("holder 1")))})
lines.append({"statement": statement("cancerregistry", "encryption", okp(x25519("holder 2")), 2)})
lines.append(
    {
        "statement": statement("referencespe", "spe", spe_next.jwk, 2),
        "endorsement": spe.document(
            "key-request+jwt", {"party": "referencespe", "use": "spe", "key": spe_next.jwk, "sequence": 2}
        ),
    }
)

decided = {
    "decision": {"authority": "hdab", "at": NOW},
    "optOut": {"list": 3, "commitment": hashlib.sha256(b"a salted list").hexdigest()},
}
permit = {
    "id": "0194f1c0-0000-7000-8000-0000000000a1",
    "lineage": "0194f1c0-0000-7000-8000-000000000001",
    "version": 1,
    "previous": None,
    "issuedAt": NOW,
    "from": NOW,
    "to": NOW + 365 * DAY,
    "applicant": {"sub": "0194f1c0-0000-7000-8000-0000000000b1", "org": "999000301"},
    "persons": ["0194f1c0-0000-7000-8000-0000000000b1"],
    "purpose": "Scientific research: survival after colon cancer \u2013 \u00e6\u00f8\u00e5",
    "legalBasis": "GDPR Article 6(1)(e)",
    "format": "pseudonymised",
    "spe": {"party": "referencespe", "key": spe.thumbprint, "sequence": 1},
    "sources": [
        {
            "source": "cancer",
            "holder": "cancerregistry",
            "identifierBudget": 10000,
            "columns": [
                {"name": "diagnosis_date", "type": "date"},
                {"name": "topography", "type": "string", "maxLength": 5},
            ],
            **decided,
        },
        {
            "source": "death",
            "holder": "deathregistry",
            "identifierBudget": 10000,
            "columns": [{"name": "death_date", "type": "date"}],
            **decided,
        },
    ],
    "conditions": ["No attempt to find out who a person is."],
    "fee": {"estimate": 20280, "currency": "NOK", "rules": "2026-1"},
}
permit_jws = permit_key.document("permit+jwt", permit)
order = {
    "id": "0194f1c0-0000-7000-8000-0000000000c1",
    "permit": digest(permit_jws),
    "lineage": permit["lineage"],
    "source": "cancer",
    "uploadKey": b64u(x25519("upload")),
    "due": NOW + 90 * DAY,
}
order_jws = gateway.document("order+jwt", order)
content = hashlib.sha256(b"the bytes of a part").hexdigest()


def seal(kind, sender, recipient, rows, length, answers=None):
    value = {
        "type": kind,
        "sender": sender,
        "recipient": recipient,
        "order": digest(order_jws),
        "part": 1,
        "rows": rows,
        "length": length,
        "sha256": content,
    }
    if answers:
        value["answers"] = answers
    return value


identifiers = seal("identifiers", "cancerregistry", "pseudonymisation", 3, 185)
identifiers_jws = holder.document("seal+jwt", identifiers)
tokens = seal("tokens", "pseudonymisation", "cancerregistry", 3, 203, digest(identifiers_jws))
rows = seal("rows", "cancerregistry", "gateway", 4, 400)
delivery = seal("delivery", "gateway", "referencespe", 4, 420)
delivery_key = seal("delivery-key", "pseudonymisation", "referencespe", 1, 184)
delivery_key_jws = pseudo.document("seal+jwt", delivery_key)
# Of no order: the SHA-256 of a name stands in its place.
population = {**seal("population", "cancerregistry", "pseudonymisation", 2, 214), "order": sha("population-feed")}
aliases = {**seal("aliases", "pseudonymisation", "referencespe", 2, 216), "order": sha(permit["lineage"])}
sealed_id = {
    "issuer": "https://localhost:8443/realms/health-data-node",
    "sub": "0194f1c0-0000-7000-8000-0000000000b4",
    "box": b64u(hashlib.sha512(b"what a person number is sealed in").digest()),
}
setup = keys["setup", "enrolment"]
closing = {
    "order": digest(order_jws),
    "parts": [{"part": 1, "rows": 4, "sha256": content}],
    "rows": 4,
    "persons": 3,
}
manifest = {
    "order": digest(order_jws),
    "permit": digest(permit_jws),
    "lineage": permit["lineage"],
    "source": "cancer",
    "spe": "referencespe",
    "speKeySequence": 1,
    "columns": ["diagnosis_date", "topography"],
    "transformations": [],
    "parts": [{"part": 1, "rows": 4, "length": 420, "sha256": content}],
    "rows": 4,
    "deliveryKey": digest(delivery_key_jws),
}
manifest_jws = gateway.document("manifest+jwt", manifest)
spe_key = {"party": "referencespe", "key": b64u(x25519("spe")), "sequence": 1, "from": NOW, "to": NOW + 400 * DAY}
receipt = {
    "manifest": digest(manifest_jws),
    "order": digest(order_jws),
    "rows": 4,
    "persons": 3,
    "workspace": permit["lineage"],
    "at": NOW,
}
files = [{"name": "survival.csv", "type": "csv", "length": 420, "sha256": content}]
release = {
    "lineage": permit["lineage"],
    "permit": digest(permit_jws),
    "spe": "referencespe",
    "request": "0194f1c0-0000-7000-8000-0000000000d1",
    "purpose": "Table 2 of an article on survival \u2013 \u00e6\u00f8\u00e5",
    "digest": hashlib.sha256("".join(f"{f['name']} {f['type']} {f['length']} {f['sha256']}\n" for f in files).encode()).hexdigest(),
    "files": files,
    "rules": [{"rule": "identifiers", "outcome": "passed"}, {"rule": "cells", "outcome": "not-applicable"}],
    "votes": [
        {"sub": "0194f1c0-0000-7000-8000-0000000000b2", "vote": "approve", "at": NOW},
        {"sub": "0194f1c0-0000-7000-8000-0000000000b3", "vote": "approve", "at": NOW},
    ],
    "at": NOW,
}
state = {
    "caller": "gateway",
    "nonce": "AAECAwQFBgcICQoLDA0ODw",
    "at": NOW,
    "until": NOW + 3,
    "states": [
        {"lineage": permit["lineage"], "version": 1, "digest": digest(permit_jws), "state": "in-force"},
        {"lineage": "0194f1c0-0000-7000-8000-000000000002", "version": 0, "digest": None, "state": "unknown"},
    ],
}
access = {
    "caller": "referencespe",
    "nonce": "AAECAwQFBgcICQoLDA0ODw",
    "at": NOW,
    "until": NOW + 3,
    "lineage": permit["lineage"],
    "sub": permit["persons"][0],
    "allowed": True,
    "version": 1,
}

spe_state = {
    "caller": "gateway",
    "nonce": "AAECAwQFBgcICQoLDA0ODw",
    "at": NOW,
    "until": NOW + 3,
    "states": [
        {"party": "referencespe", "version": 4, "status": "approved"},
        {"party": "otherspe", "version": 0, "status": "unknown"},
    ],
}
deletion = {
    "lineage": permit["lineage"],
    "permit": digest(permit_jws),
    "spe": "referencespe",
    "sources": ["cancer", "death"],
    "at": NOW,
}
shredding = {
    "lineage": permit["lineage"],
    "at": NOW,
    "places": ["/keys/pseudonymisation/permits", "lost: /mnt/mirror"],
}
speregistry = keys["speregistry", "speregistry"]

accepted = []


def accept(name, typ, text, party=None):
    payload = text.split(".")[1]
    accepted.append(
        {
            "name": name,
            "typ": typ,
            "party": party,
            "text": text,
            "digest": digest(text),
            "payload": json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))),
        }
    )


accept("permit", "permit+jwt", permit_jws)
accept("permit of before fees were written", "permit+jwt", permit_key.document("permit+jwt", {k: v for k, v in permit.items() if k != "fee"}))
accept("permit with the smallest cell", "permit+jwt", permit_key.document("permit+jwt", {**permit, "smallestCell": 10}))
accept("order", "order+jwt", order_jws)
accept("identifiers", "seal+jwt", identifiers_jws)
accept("tokens", "seal+jwt", pseudo.document("seal+jwt", tokens))
accept("rows", "seal+jwt", holder.document("seal+jwt", rows))
accept("delivery", "seal+jwt", gateway.document("seal+jwt", delivery))
accept("delivery key", "seal+jwt", delivery_key_jws)
accept("population", "seal+jwt", holder.document("seal+jwt", population))
accept("aliases", "seal+jwt", pseudo.document("seal+jwt", aliases))
accept("sealed id", "sealed-id+jwt", setup.document("sealed-id+jwt", sealed_id))
accept("closing", "closing+jwt", holder.document("closing+jwt", closing), "cancerregistry")
accept("manifest", "manifest+jwt", manifest_jws)
accept("spe key", "spe-key+jwt", spe.document("spe-key+jwt", spe_key))
accept("spe key by the endorsed next key", "spe-key+jwt", spe_next.document("spe-key+jwt", spe_key))
accept("receipt", "receipt+jwt", spe.document("receipt+jwt", receipt), "referencespe")
accept("release", "release+jwt", spe.document("release+jwt", release))
accept("permit state", "permit-state+jwt", permit_key.document("permit-state+jwt", state))
accept("access", "access+jwt", permit_key.document("access+jwt", access))
accept("spe state", "spe-state+jwt", speregistry.document("spe-state+jwt", spe_state))
accept("deletion", "deletion+jwt", spe.document("deletion+jwt", deletion))
accept("shredding", "shred+jwt", pseudo.document("shred+jwt", shredding))
accept("key statement", "key-statement+jwt", lines[0]["statement"])
accept(
    "a header with white space and another order",
    "order+jwt",
    gateway.sign('{ "kid": "gateway:1:gateway", "typ": "order+jwt", "alg": "ES256" }', compact(order)),
)

refused = []


def refuse(name, typ, refusal, text, party=None):
    refused.append({"name": name, "typ": typ, "party": party, "refusal": refusal, "text": text})


def with_header(**members):
    return gateway.sign(compact({"alg": "ES256", "typ": "order+jwt", "kid": gateway.kid, **members}), compact(order))


def without(value, member):
    return {k: v for k, v in value.items() if k != member}


refuse("alg none", "order+jwt", "Header", with_header(alg="none"))
refuse("alg HS256", "order+jwt", "Header", with_header(alg="HS256"))
for member, value in [("jwk", mallory.jwk), ("jku", "https://example.org/k"), ("x5u", "https://example.org/k"), ("x5c", []), ("crit", ["exp"]), ("cty", "json")]:
    refuse("header " + member, "order+jwt", "Header", with_header(**{member: value}))
refuse(
    "header member twice",
    "order+jwt",
    "Header",
    gateway.sign('{"alg":"ES256","typ":"order+jwt","kid":"mallory:1:permit","kid":"gateway:1:gateway"}', compact(order)),
)
refuse("no kid", "order+jwt", "Header", gateway.sign('{"alg":"ES256","typ":"order+jwt"}', compact(order)))
refuse("padding", "order+jwt", "Malformed", order_jws + "==")
refuse("white space", "order+jwt", "Malformed", order_jws + "\n")
refuse("two parts", "order+jwt", "Malformed", order_jws[: order_jws.rindex(".")])
refuse("DER signature", "order+jwt", "Malformed", order_jws[: order_jws.rindex(".")] + "." + b64u(bytes(70)))
refuse("another type", "permit+jwt", "WrongType", order_jws)
refuse("unknown kid", "order+jwt", "UnknownKey", gateway.document("order+jwt", order, "gateway:2:gateway"))
refuse("encryption key as kid", "order+jwt", "UnknownKey", gateway.document("order+jwt", order, "cancerregistry:1:encryption"))
refuse("borrowed kid", "order+jwt", "Signature", mallory.document("order+jwt", order, gateway.kid))
changed = order_jws.split(".")
changed[1] = b64u(compact({**order, "source": "death"}).encode())
refuse("changed payload", "order+jwt", "Signature", ".".join(changed))
refuse("order by Permit", "order+jwt", "WrongUse", permit_key.document("order+jwt", order))
refuse("order by the root", "order+jwt", "WrongUse", root.document("order+jwt", order))
refuse("permit by another party of its use", "permit+jwt", "WrongParty", mallory.document("permit+jwt", permit))
refuse("seal in another holder's name", "seal+jwt", "WrongParty", other.document("seal+jwt", rows))
refuse("tokens by a holder", "seal+jwt", "WrongUse", holder.document("seal+jwt", tokens))
refuse("closing by another holder", "closing+jwt", "WrongParty", other.document("closing+jwt", closing), "cancerregistry")
refuse("receipt by the gateway", "receipt+jwt", "WrongUse", gateway.document("receipt+jwt", receipt), "referencespe")
refuse("release in another SPE's name", "release+jwt", "WrongParty", spe.document("release+jwt", {**release, "spe": "otherspe"}))
refuse("release by one person", "release+jwt", "Invalid", spe.document("release+jwt", {**release, "votes": release["votes"][:1]}))
refuse("release of other files", "release+jwt", "Invalid", spe.document("release+jwt", {**release, "files": [{**files[0], "length": 421}]}))
refuse("ended key", "seal+jwt", "KeyNotInForce", ended.document("seal+jwt", {**rows, "sender": "ended"}))
refuse("statement by another root", "key-statement+jwt", "Signature", mallory.document("key-statement+jwt", json.loads(compact({"party": "permit", "use": "permit", "key": mallory.jwk, "sequence": 2, "from": NOW, "to": NOW + DAY})), "root"))
refuse("unknown member", "order+jwt", "Malformed", gateway.document("order+jwt", {**order, "note": ""}))
refuse("missing member", "order+jwt", "Malformed", gateway.document("order+jwt", without(order, "due")))
refuse("member as null", "order+jwt", "Malformed", gateway.document("order+jwt", {**order, "source": None}))
refuse("number as text", "order+jwt", "Malformed", gateway.document("order+jwt", {**order, "due": str(order["due"])}))
refuse("fraction", "order+jwt", "Malformed", gateway.document("order+jwt", {**order, "due": order["due"] + 0.5}))
refuse("capital letter", "order+jwt", "Malformed", gateway.document("order+jwt", {**without(order, "due"), "Due": order["due"]}))
refuse(
    "member twice",
    "order+jwt",
    "Malformed",
    gateway.sign(compact({"alg": "ES256", "typ": "order+jwt", "kid": gateway.kid}), '{"source":"death",' + compact(order)[1:]),
)
refuse("not an object", "order+jwt", "Malformed", gateway.document("order+jwt", [order]))
refuse("capital hex", "order+jwt", "Invalid", gateway.document("order+jwt", {**order, "permit": order["permit"].upper()}))
refuse("short upload key", "order+jwt", "Invalid", gateway.document("order+jwt", {**order, "uploadKey": b64u(bytes(31))}))
refuse("part 0", "seal+jwt", "Invalid", holder.document("seal+jwt", {**rows, "part": 0}))
refuse("rows to Pseudonymisation", "seal+jwt", "Invalid", holder.document("seal+jwt", {**rows, "recipient": "pseudonymisation"}))
refuse("tokens without answers", "seal+jwt", "Invalid", pseudo.document("seal+jwt", without(tokens, "answers")))
refuse("closing with a gap", "closing+jwt", "Invalid", holder.document("closing+jwt", {**closing, "parts": [{"part": 2, "rows": 4, "sha256": content}]}), "cancerregistry")
refuse("closing with another sum", "closing+jwt", "Invalid", holder.document("closing+jwt", {**closing, "rows": 5}), "cancerregistry")
refuse("permit from after to", "permit+jwt", "Invalid", permit_key.document("permit+jwt", {**permit, "from": permit["to"]}))
twice = {**permit, "sources": [{**permit["sources"][0], "columns": [{"name": "a", "type": "date"}, {"name": "a", "type": "date"}]}]}
refuse("fee below 0", "permit+jwt", "Invalid", permit_key.document("permit+jwt", {**permit, "fee": {**permit["fee"], "estimate": -1}}))
refuse("fee in no currency", "permit+jwt", "Invalid", permit_key.document("permit+jwt", {**permit, "fee": {**permit["fee"], "currency": "kr"}}))
refuse("column twice", "permit+jwt", "Invalid", permit_key.document("permit+jwt", twice))
refuse("population to a holder", "seal+jwt", "Invalid", holder.document("seal+jwt", {**population, "recipient": "deathregistry"}))
refuse("aliases by the gateway", "seal+jwt", "Invalid", gateway.document("seal+jwt", {**aliases, "sender": "gateway"}))
refuse("sealed id by Permit", "sealed-id+jwt", "WrongUse", permit_key.document("sealed-id+jwt", sealed_id))
refuse("sealed id by Pseudonymisation itself", "sealed-id+jwt", "WrongUse", pseudo.document("sealed-id+jwt", sealed_id))
refuse("sealed id without its sub", "sealed-id+jwt", "Malformed", setup.document("sealed-id+jwt", {k: v for k, v in sealed_id.items() if k != "sub"}))
refuse("sealed id with a number beside the box", "sealed-id+jwt", "Malformed", setup.document("sealed-id+jwt", {**sealed_id, "number": "0"}))
refuse("spe state by Permit", "spe-state+jwt", "WrongUse", permit_key.document("spe-state+jwt", spe_state))
refuse("unknown spe with a version", "spe-state+jwt", "Invalid", speregistry.document("spe-state+jwt", {**spe_state, "states": [{**spe_state["states"][1], "version": 1}]}))
refuse("deletion in another SPE's name", "deletion+jwt", "WrongParty", spe.document("deletion+jwt", {**deletion, "spe": "otherspe"}))
refuse("deletion by the gateway", "deletion+jwt", "WrongUse", gateway.document("deletion+jwt", deletion))
refuse("shredding without a place", "shred+jwt", "Invalid", pseudo.document("shred+jwt", {**shredding, "places": []}))
for member in decided:
    undecided = {**permit, "sources": [without(permit["sources"][0], member)]}
    refuse(f"source without {member}", "permit+jwt", "Malformed", permit_key.document("permit+jwt", undecided))
refuse("permit with a smallest cell of nobody", "permit+jwt", "Invalid", permit_key.document("permit+jwt", {**permit, "smallestCell": 0}))
refuse("second version without previous", "permit+jwt", "Invalid", permit_key.document("permit+jwt", {**permit, "version": 2}))

with open(os.path.join(HERE, "documents.json"), "w", encoding="utf-8", newline="\n") as file:
    json.dump(
        {
            "about": "Verify at 'now' (Unix seconds) with 'statements' (lines of statements.jsonl) and 'root'. 'd' is a private P-256 key in hex. 'party' is who the verifier says that the document must come from; null where the document's kind says so.",
            "now": NOW,
            "root": {"jwk": root.jwk, "fingerprint": root.thumbprint, "d": f"{root.d:064x}"},
            "keys": [
                {"kid": k.kid, "d": f"{k.d:064x}", "jwk": k.jwk, "thumbprint": k.thumbprint}
                for k in [*keys.values(), ended, spe_next]
            ],
            "encryptionKeys": [{"party": "cancerregistry", "newest": x25519("holder 2").hex()}],
            "statements": lines,
            "accepted": accepted,
            "refused": refused,
        },
        file,
        ensure_ascii=True,
        indent=2,
    )
    file.write("\n")
