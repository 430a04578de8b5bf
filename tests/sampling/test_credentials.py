"""Signed content credentials, checked by the reference reader of C2PA."""

import datetime
import io

import c2pa
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.media.credentials import MEDIA_TYPES, Signer, read_credentials
from gan_cli.media.decode import decoded, read_provenance
from gan_cli.media.encode import encoded, encoded_animation
from gan_cli.media.provenance import COMPOSITE, GENERATED, Provenance

ORIGIN = Provenance("digits", "ckpt-960", "ab" * 32, {"kind": "grid", "seeds": "0-3"})
KEYS = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
}


def named(common_name):
    attributes = [(NameOID.COMMON_NAME, common_name), (NameOID.ORGANIZATION_NAME, "Studio")]
    return x509.Name([x509.NameAttribute(*each) for each in attributes])


def certificate_of(name, key, issuer, issuer_key, is_root):
    usages = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    usage = x509.KeyUsage(
        digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, **usages
    )
    now = datetime.datetime.now(datetime.UTC)
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(issuer_id, critical=False)
    )
    if not is_root:
        purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purposes, critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def secret_of(key, password=None):
    secrecy = serialization.NoEncryption()
    if password:
        secrecy = serialization.BestAvailableEncryption(password)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, secrecy)


def write_identity(folder, make_key=KEYS["p256"]):
    """A certificate of 'Artist' and its root, and the key."""
    root, key = KEYS["p256"](), make_key()
    chain = certificate_of("Artist", key, "Root", root, False)
    chain += certificate_of("Root", root, "Root", root, True)
    (folder / "chain.pem").write_bytes(chain)
    (folder / "key.pem").write_bytes(secret_of(key))
    return folder / "chain.pem", folder / "key.pem"


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
    with pytest.raises(UserError, match="must be of ECDSA"):
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


class TestCommand:
    def flags(self, identity):
        return "--c2pa_certificate", identity[0], "--c2pa_key", identity[1]

    def test_pictures_folders_and_records_are_signed(
        self, tmp_path, identity, digits_run, gan_sample
    ):
        import tensorflow as tf

        common = ("--run_dir", digits_run, *self.flags(identity))
        assert gan_sample(*common, "--out", tmp_path / "a.webp", "--grid", "2x2")[0] == 0
        assert gan_sample(*common, "--out", tmp_path / "many", "--until", 3)[0] == 0
        assert gan_sample(*common, "--out", tmp_path / "x.tfrecord", "--until", 3)[0] == 0
        assert gan_sample(*common, "--out", tmp_path / "set", "--dataset", 3)[0] == 0
        folders = [*(tmp_path / "many").glob("*.png"), *(tmp_path / "set").rglob("*.png")]
        assert len(folders) == 6
        files = [path.read_bytes() for path in folders]
        for record in tf.data.TFRecordDataset(str(tmp_path / "x.tfrecord")):
            example = tf.train.Example.FromString(record.numpy())
            files.append(example.features.feature["image/encoded"].bytes_list.value[0])
        assert len(files) == 9
        for content in files:
            assert read_credentials(content, ".png").intact
        assert read_credentials((tmp_path / "a.webp").read_bytes(), ".webp").intact

    def test_inspect_tells_who_signed_and_what_was_changed(
        self, tmp_path, identity, digits_run, gan_sample
    ):
        path = tmp_path / "a.png"
        gan_sample("--run_dir", digits_run, *self.flags(identity), "--out", path)
        status, said = gan_sample("--inspect", path, "--run_dir", digits_run)
        assert status == 0
        assert "intact, signed as 'Artist, Studio'; whether to trust" in said
        assert "  equal: all pixels" in said
        path.write_bytes(path.read_bytes().replace(b":Seed>0-", b":Seed>1-"))
        status, said = gan_sample("--inspect", path)
        assert status == 1
        assert "DAMAGED" in said
        assert "assertion.dataHash.mismatch" in said

    def test_flags_that_do_not_go_together(self, tmp_path, identity, gan_sample):
        chain, key = identity
        for arguments, message in (
            (("--c2pa_key", key), "--c2pa_key: needs --c2pa_certificate"),
            (("--c2pa_certificate", chain), "--c2pa_certificate: needs --c2pa_key"),
            ((*self.flags(identity), "--no_provenance"), "together with --no_provenance"),
            ((*self.flags(identity), "--export", "keras"), "is not for --export"),
        ):
            with pytest.raises(UserError, match=message):
                gan_sample("--run_dir", tmp_path, "--out", tmp_path / "x.png", *arguments)
        with pytest.raises(UserError, match=r"an \.npz file holds none"):
            gan_sample("--run_dir", tmp_path, "--out", "x.npz", *self.flags(identity))


def test_the_manifest_is_no_more_than_what_is_said(identity):
    """Nothing of the machine, the user or the folder leaves with the file."""
    signed = content_of(".png", ORIGIN, Signer(*identity))
    manifest = c2pa.Reader("image/png", io.BytesIO(signed)).json()
    for private in (str(identity[0].parent), "chain.pem", "key.pem"):
        assert private not in manifest
