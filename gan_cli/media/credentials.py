"""Content credentials: a file's origin, signed (C2PA Technical Specification 2), by c2pa-python.

The signature covers every byte of the file, the XMP record too, and names who holds the
certificate. The extra `c2pa` installs what it takes.
"""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from gan_cli import __version__
from gan_cli.errors import UserError
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
# Nothing is fetched for a file that anyone may have made; a thumbnail would outweigh our pictures.
_SETTINGS = {
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
}
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


class Signer:
    """Signs files with a certificate of the user's.

    Args:
      certificate: PEM of the signer's certificate and those up to, without, the root. C2PA asks of
        it a key usage of digital signature and an extended key usage such as email protection.
      key: PEM of its private key, unencrypted: ECDSA, Ed25519 or RSA.
      timestamp_url: of an RFC 3161 time stamp authority, which is asked for every file; None: the
        signature says nothing about when it was made.

    Raises:
      UserError: a file cannot be read, is none of these, or the key is another certificate's.
    """

    def __init__(self, certificate: Path, key: Path, timestamp_url: str | None = None):
        c2pa = _c2pa()
        chain, secret = _content(certificate), _content(key)
        algorithm = _algorithm(certificate, chain, key, secret)
        info = c2pa.C2paSignerInfo(
            algorithm.encode(), chain, secret, timestamp_url and timestamp_url.encode()
        )
        self._certificate = certificate
        try:
            self._signer = c2pa.Signer.from_info(info)
        except c2pa.C2paError as error:
            raise UserError(f"{certificate}: cannot sign: {error}") from error
        self._context = c2pa.Context.from_dict(_SETTINGS)

    def signed(self, content: bytes, ending: str, provenance: Provenance) -> bytes:
        """The content of a file with its credentials inside; its pixels stay as they are.

        Args:
          ending: one of `MEDIA_TYPES`, with the dot.

        Raises:
          UserError: the certificate is not fit for this, or no time stamp could be had.
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
      intact: whether signature and content fit together. Whether the signer is to be trusted is
        another question, which nothing here answers.
      signer: the certificate's common name and organisation, as it gives them.
      faults: what does not fit, in C2PA's status codes.
    """

    intact: bool
    signer: str
    faults: tuple[str, ...]


def read_credentials(content: bytes, ending: str) -> Credentials | None:
    """Returns a file's credentials; None: it has none, or c2pa-python is not installed."""
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
    # Of trust in the signer, which is another question.
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
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error


def _algorithm(certificate: Path, chain: bytes, key: Path, secret: bytes) -> str:
    """C2PA's name of the key's algorithm. Never shows what is in the key's file."""
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
        raise UserError(f"{key}: is encrypted; a key without a password is needed") from error
    except (ValueError, exceptions.UnsupportedAlgorithm) as error:
        raise UserError(f"{key}: holds no private key in PEM") from error
    if private.public_key() != public:
        raise UserError(f"{key}: is not the key of the first certificate in {certificate}")
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in _CURVES:
        return _CURVES[private.curve.name]
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(private, rsa.RSAPrivateKey):
        return "ps256"
    raise UserError(f"{key}: must be of ECDSA (P-256, P-384, P-521), Ed25519 or RSA")
