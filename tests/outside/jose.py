"""Verifies the manifest of a bundle with a stock JOSE library alone.

    python tests/outside/jose.py BUNDLE

BUNDLE is the folder that `waymark device sign` makes. The signature of `manifest.jws` must be EdDSA by the key in its
header, the key id must be that key's thumbprint (RFC 7638), and a manifest with any part changed must be refused.
Prints the payload. At the first fault prints a sentence on stderr and ends with 1.
"""

import json
import sys
import warnings
from pathlib import Path

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey

# RFC 9864 renames EdDSA to Ed25519; RFC 8037, which manifests follow, has the older name.
warnings.simplefilter("ignore", SecurityWarning)


class Fault(Exception):
    """Why the manifest does not hold."""


def verify(compact):
    """The payload of the compact JWS `compact`."""
    try:
        header = jws.extract_compact(compact).headers()
        key = OKPKey.import_key(header["jwk"])
        payload = jws.deserialize_compact(compact, key, algorithms=["EdDSA"]).payload
    except (JoseError, ValueError, KeyError) as error:
        raise Fault(f"the signature does not hold: {error!r}") from error
    if header.get("kid") != key.thumbprint():
        raise Fault(f"the key id {header.get('kid')!r} is not the thumbprint of the key, {key.thumbprint()}")
    return payload


def check_changes_are_refused(compact):
    """Changes one character in the middle of each part in turn."""
    parts = compact.split(b".")
    for place, name in enumerate(["header", "payload", "signature"]):
        part = bytearray(parts[place])
        middle = len(part) // 2
        part[middle] = ord("A") if part[middle] != ord("A") else ord("B")
        changed = b".".join([*parts[:place], bytes(part), *parts[place + 1 :]])
        try:
            verify(changed)
        except Fault:
            continue
        raise Fault(f"a manifest with a changed {name} was taken for good")


def main(arguments):
    if len(arguments) != 1:
        print("usage: jose.py BUNDLE", file=sys.stderr)
        return 2
    manifest = Path(arguments[0]) / "manifest.jws"
    try:
        compact = manifest.read_bytes()
        payload = verify(compact)
        check_changes_are_refused(compact)
    except (OSError, Fault) as fault:
        print(f"{manifest}: {fault}", file=sys.stderr)
        return 1
    print(json.dumps(json.loads(payload)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
