"""Content credentials: a file's origin, signed (C2PA Technical Specification 2), by c2pa-python.

The signature covers every byte of the file, the XMP record included, and names the holder of the
certificate. The extra `c2pa` installs c2pa-python.
"""

import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from gan_cli import __version__
from gan_cli.errors import UserError
from gan_cli.io.records import read_content
from gan_cli.media.provenance import Provenance

MEDIA_TYPES = {
    ".png": "image/png",
    ".apng": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
}
# Files of strangers must not make us fetch anything; a thumbnail would outweigh our pictures.
_SETTINGS = {
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
}
_MOST_PEM_BYTES = 2**20
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


class Signer:
    """Signs files with a user's certificate.

    Args:
      certificate: PEM file of the signer's certificate and the intermediate ones, without the root.
        C2PA requires digital signature as key usage and, for instance, email protection as extended
        key usage.
      key: PEM file of the certificate's private key, unencrypted: ECDSA, Ed25519 or RSA.
      timestamp_url: an RFC 3161 time stamp authority, which is asked for every file; None: the
        signature does not say when it was made.

    Raises:
      UserError: a file cannot be read or holds something else, or the key belongs to another
        certificate.
    """

    def __init__(self, certificate: Path, key: Path, timestamp_url: str | None = None):
        c2pa = _c2pa()
        chain, secret = _content(certificate), _content(key)
        algorithm, secret = _algorithm(certificate, chain, key, secret)
        info = c2pa.C2paSignerInfo(
            algorithm.encode(), chain, secret, timestamp_url and os.fsencode(timestamp_url)
        )
        self._certificate = certificate
        try:
            self._signer = c2pa.Signer.from_info(info)
        except c2pa.C2paError as error:
            raise UserError(f"{certificate}: cannot sign: {error}") from error
        self._context = c2pa.Context.from_dict(_SETTINGS)

    def signed(self, content: bytes, ending: str, provenance: Provenance) -> bytes:
        """Returns a file's content with credentials inside; its pixels stay the same.

        Args:
          ending: one of `MEDIA_TYPES`, with the dot.

        Raises:
          UserError: C2PA does not accept the certificate, or the authority gave no time stamp.
        """
        c2pa = _c2pa()
        created = {
            "action": "c2pa.created",
            "digitalSourceType": provenance.digital_source_type,
        }
        manifest = {
            "claim_generator_info": [{"name": "gan-cli", "version": __version__}],
            "title": provenance.config_name,
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created]}}],
        }
        result = io.BytesIO()
        try:
            with c2pa.Builder(json.dumps(manifest), context=self._context) as builder:
                builder.sign(self._signer, MEDIA_TYPES[ending], io.BytesIO(content), result)
        except c2pa.C2paError as error:
            raise UserError(f"{self._certificate}: cannot sign: {error}") from error
        return result.getvalue()


@dataclass(frozen=True)
class Credentials:
    """What a file's content credentials say.

    Attributes:
      intact: whether the signature matches the content. Whether the signer can be trusted is not
        checked.
      signer: common name and organisation, as the certificate gives them.
      faults: what does not match, as C2PA's status codes.
    """

    intact: bool
    signer: str
    faults: tuple[str, ...]


def read_credentials(content: bytes, ending: str) -> Credentials | None:
    """Returns a file's credentials, or None if it has none or c2pa-python is not installed."""
    try:
        c2pa = _c2pa()
    except UserError:
        return None
    media_type = MEDIA_TYPES.get(ending)
    if media_type is None:
        return None
    try:
        context = c2pa.Context.from_dict(_SETTINGS)
        reader = c2pa.Reader.try_create(media_type, io.BytesIO(content), context=context)
    except c2pa.C2paError as error:
        return Credentials(False, "", (str(error),))
    if reader is None:
        return None
    with reader:
        manifest = reader.get_active_manifest() or {}
        results = reader.get_validation_results() or {}
        state = reader.get_validation_state()
    failures = results.get("activeManifest", {}).get("failure", [])
    # Trust in the signer is not checked.
    codes = [each["code"] for each in failures if each["code"] != "signingCredential.untrusted"]
    about = manifest.get("signature_info") or {}
    names = [about.get("common_name"), about.get("issuer")]
    signer = ", ".join(name for name in names if name)
    return Credentials(state in ("Valid", "Trusted"), signer, tuple(codes))


def _c2pa() -> ModuleType:
    try:
        import c2pa
    except ImportError as error:
        raise UserError(
            "signing needs c2pa-python: pip install 'gan-cli[c2pa]'", key="certificate"
        ) from error
    return c2pa


def _content(path: Path) -> bytes:
    return read_content(path, _MOST_PEM_BYTES)


def _algorithm(certificate: Path, chain: bytes, key: Path, secret: bytes) -> tuple[str, bytes]:
    """Returns C2PA's name of the key's algorithm, and the key as PKCS #8, as c2pa-python takes it.

    openssl writes keys in older forms, too. Errors never show what the key file holds.
    """
    from cryptography import exceptions, x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    try:
        public = x509.load_pem_x509_certificates(chain)[0].public_key()
    except (ValueError, exceptions.UnsupportedAlgorithm) as error:
        raise UserError(f"{certificate}: holds no certificate in PEM") from error
    try:
        private = serialization.load_pem_private_key(secret, None)
    except TypeError as error:
        raise UserError(
            f"{key}: is encrypted; a key without a password is needed:"
            f" openssl pkey -in {key} -out {key.stem}-converted.pem"
        ) from error
    except (ValueError, exceptions.UnsupportedAlgorithm) as error:
        raise UserError(
            f"{key}: holds no private key in PEM; to convert a key in DER:"
            f" openssl pkey -inform DER -in {key} -out {key.stem}-converted.pem"
        ) from error
    if private.public_key() != public:
        raise UserError(f"{key}: is not the key of the first certificate in {certificate}")
    plain = serialization.NoEncryption()
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in _CURVES:
        return _CURVES[private.curve.name], private.private_bytes(*form, plain)
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "ed25519", private.private_bytes(*form, plain)
    if isinstance(private, rsa.RSAPrivateKey):
        return "ps256", private.private_bytes(*form, plain)
    raise UserError(f"{key}: must be a key for ECDSA (P-256, P-384, P-521), Ed25519 or RSA")
