"""Signed content credentials, checked by the reference reader of C2PA."""

import io
import subprocess
from pathlib import Path

import c2pa
import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from identity import KEYS, certificate_of, secret_of, write_identity
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.media.credentials import MEDIA_TYPES, Signer, read_credentials
from gan_cli.media.decode import decoded, read_provenance
from gan_cli.media.encode import encoded, encoded_animation
from gan_cli.media.provenance import COMPOSITE, GENERATED, Provenance

EC_PARAMETERS = b"-----BEGIN EC PARAMETERS-----\nBggq\n-----END EC PARAMETERS-----\n"
ORIGIN = Provenance("digits", "ckpt-960", "ab" * 32, {"kind": "grid", "seeds": "0-3"})


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    return write_identity(tmp_path_factory.mktemp("identity"))


def content_of(ending, provenance, signer):
    rng = np.random.default_rng(0)
    frames = [Image.fromarray(rng.integers(0, 256, (20, 30, 3), np.uint8)) for _ in range(3)]
    if ending in (".gif", ".apng", ".mp4"):
        return encoded_animation(frames, ending, 10, provenance, signer)
    return encoded(frames[0], ending, provenance, signer)


@pytest.mark.parametrize("ending", MEDIA_TYPES)
def test_every_format_can_be_signed_and_keeps_pixels_and_record(tmp_path, identity, ending):
    signer = Signer(*identity)
    signed = content_of(ending, ORIGIN, signer)
    found = read_credentials(signed, ending)
    assert (found.intact, found.signer, found.faults) == (True, "Artist, Studio", ())
    unsigned = content_of(ending, ORIGIN, None)
    np.testing.assert_array_equal(list(decoded(signed, ending)), list(decoded(unsigned, ending)))
    assert read_credentials(unsigned, ending) is None
    path = tmp_path / f"x{ending}"
    path.write_bytes(signed)
    if ending != ".mp4":
        assert read_provenance(path) == ORIGIN


@pytest.mark.parametrize("kind", KEYS)
def test_the_algorithm_is_the_keys(tmp_path, kind):
    signer = Signer(*write_identity(tmp_path, KEYS[kind]))
    assert read_credentials(content_of(".png", ORIGIN, signer), ".png").intact


@pytest.mark.parametrize("kind", ["p256", "rsa"])
@pytest.mark.parametrize("before", [b"", EC_PARAMETERS])
def test_keys_in_the_older_forms_of_openssl_are_accepted(tmp_path, kind, before):
    chain, path = write_identity(tmp_path, KEYS[kind])
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    older = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    assert older.startswith(b"-----BEGIN " + {"p256": b"EC", "rsa": b"RSA"}[kind] + b" PRIVATE KEY")
    path.write_bytes(before + older)
    assert read_credentials(content_of(".png", ORIGIN, Signer(chain, path)), ".png").intact


def test_a_key_in_der_is_refused_with_the_command_that_converts_it(tmp_path):
    chain, path = write_identity(tmp_path)
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())
    )
    with pytest.raises(UserError) as refused:
        Signer(chain, path)
    command = str(refused.value).partition("in DER: ")[2].split()
    assert command[:2] == ["openssl", "pkey"]
    subprocess.run(command, cwd=tmp_path, check=True)
    Signer(chain, tmp_path / "key-converted.pem")


def test_the_recipe_in_the_docs_makes_a_chain_that_signs(tmp_path):
    page = (Path(__file__).parents[2] / "docs/responsible_use.md").read_text(encoding="utf-8")
    recipe = page.partition("```sh\nopenssl")[2].partition("```")[0]
    subprocess.run(["sh", "-ec", f"openssl{recipe}"], cwd=tmp_path, check=True, capture_output=True)
    signer = Signer(tmp_path / "chain.pem", tmp_path / "key.pem")
    found = read_credentials(content_of(".png", ORIGIN, signer), ".png")
    assert (found.intact, found.signer) == (True, "Test artist, Test studio")


@pytest.mark.parametrize("source_type", [GENERATED, COMPOSITE])
def test_they_say_how_the_file_came_about(identity, source_type):
    origin = Provenance("digits", "ckpt-960", "ab" * 32, {"kind": "sheet"}, source_type)
    signed = content_of(".png", origin, Signer(*identity))
    manifest = c2pa.Reader("image/png", io.BytesIO(signed)).get_active_manifest()
    (assertion,) = [a for a in manifest["assertions"] if a["label"] == "c2pa.actions.v2"]
    (action,) = assertion["data"]["actions"]
    assert (action["action"], action["digitalSourceType"]) == ("c2pa.created", source_type)
    assert manifest["claim_generator_info"][0]["name"] == "gan-cli"
    assert "thumbnail" not in manifest


def test_a_change_of_the_pixels_or_of_the_record_is_seen(identity):
    signed = content_of(".png", ORIGIN, Signer(*identity))
    record = signed.replace(b"<gancli:Seed>0-3<", b"<gancli:Seed>0-4<")
    pixels = bytearray(signed)
    pixels[signed.index(b"IDAT") + 100] ^= 1
    for changed in (record, bytes(pixels)):
        assert changed != signed
        found = read_credentials(changed, ".png")
        assert not found.intact
        assert "assertion.dataHash.mismatch" in found.faults


def test_files_that_cannot_sign_are_named(tmp_path, identity):
    chain, key = identity
    other = tmp_path / "other.pem"
    other.write_bytes(secret_of(KEYS["p256"]()))
    locked = tmp_path / "locked.pem"
    locked.write_bytes(secret_of(KEYS["p256"](), b"password"))
    odd = tmp_path / "odd.pem"
    for chain_file, key_file, message in (
        (chain, other, "is not the key of the first certificate"),
        (chain, locked, "is encrypted"),
        (chain, chain, "holds no private key in PEM"),
        (key, key, "holds no certificate in PEM"),
        (chain, tmp_path / "none.pem", "cannot be read: No such file"),
    ):
        with pytest.raises(UserError, match=message) as caught:
            Signer(chain_file, key_file)
        assert "PRIVATE KEY" not in str(caught.value)
    make = lambda: ec.generate_private_key(ec.SECP256K1())  # noqa: E731
    with pytest.raises(UserError, match="must be a key for ECDSA"):
        Signer(*write_identity(tmp_path, make))
    root = KEYS["p256"]()
    odd.write_bytes(certificate_of("Root", root, "Root", root, True))
    other.write_bytes(secret_of(root))
    with pytest.raises(UserError, match=r"odd\.pem: cannot sign: .*self-signed"):
        content_of(".png", ORIGIN, Signer(odd, other))


def test_files_of_others_are_read_without_harm():
    for content in (b"", b"x" * 1000, b"\x89PNG\r\n\x1a\n" + bytes(50)):
        found = read_credentials(content, ".png")
        assert found is None or not found.intact
    assert read_credentials(b"x", ".npz") is None


def test_the_manifest_is_no_more_than_what_is_said(identity):
    """Nothing of the machine, the user or the folder leaves with the file."""
    signed = content_of(".png", ORIGIN, Signer(*identity))
    manifest = c2pa.Reader("image/png", io.BytesIO(signed)).json()
    for private in (str(identity[0].parent), "chain.pem", "key.pem"):
        assert private not in manifest
