"""Signs a manifest with ed25519 and checks such a signature; the key pair is the operator's."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from delivery.errors import PublishRefused

SIGNATURE = "manifest.sig"
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm)


def signed(manifest: bytes, key_pem: str) -> bytes:
    """The signature of a manifest's bytes, as a line of base64. ed25519 gives the same one every time.

    Raises: PublishRefused when the key is no ed25519 private key in PEM without a password.
    """
    try:
        key = load_pem_private_key(key_pem.encode(), password=None)
    except _UNREADABLE as exc:
        raise PublishRefused(f"CEM_SIGNING_KEY cannot be read: {exc}") from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise PublishRefused("CEM_SIGNING_KEY is no ed25519 key; `openssl genpkey -algorithm ed25519` makes one")
    return b64encode(key.sign(manifest)) + b"\n"


def is_signed_by(manifest: bytes, signature: bytes, public_pem: bytes) -> bool:
    """Whether the signature is that of these bytes under this key.

    Raises: PublishRefused when the key is no ed25519 public key in PEM.
    """
    try:
        key = load_pem_public_key(public_pem)
    except _UNREADABLE as exc:
        raise PublishRefused(f"the public key cannot be read: {exc}") from exc
    if not isinstance(key, Ed25519PublicKey):
        raise PublishRefused("the public key is no ed25519 key")
    try:
        key.verify(b64decode(signature, validate=False), manifest)
    except (InvalidSignature, NotBase64):
        return False
    return True
