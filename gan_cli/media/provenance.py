"""What a file of generated images says about its origin, as XMP and as JSON.

IPTC's digital source type is what search engines, social networks and archives look at to label an
image as made by a trained model (IPTC Photo Metadata Standard 2023.1, section "Digital Source
Type"). Beside it stands what is needed to draw the very pixels again: the hash of the weights and
the recipe. Nothing is signed here: whoever has the file can remove or change the record.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from gan_cli import __version__

_VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = _VOCABULARY + "trainedAlgorithmicMedia"
# Generated parts beside, or in, images that are not generated.
COMPOSITE = _VOCABULARY + "compositeWithTrainedAlgorithmicMedia"

SOFTWARE = f"gan-cli {__version__}"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_OWN = "urn:gan-cli:provenance:1:"
# Our packets have some hundred bytes; those of a JPEG cannot exceed 64 KiB.
_MOST_BYTES = 2**17
# Holds a list of a million seeds, with room to spare.
_MOST_JSON_BYTES = 2**24

_PACKET = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="{rdf}">
<rdf:Description rdf:about="" xmlns:xmp="{xmp}" xmlns:Iptc4xmpExt="{iptc}" xmlns:gancli="{own}">
<xmp:CreatorTool>{software}</xmp:CreatorTool>
<Iptc4xmpExt:DigitalSourceType>{digital_source_type}</Iptc4xmpExt:DigitalSourceType>
<gancli:ConfigName>{config_name}</gancli:ConfigName>
<gancli:Checkpoint>{checkpoint}</gancli:Checkpoint>
<gancli:ModelSHA256>{model_sha256}</gancli:ModelSHA256>
<gancli:Seed>{seed}</gancli:Seed>
<gancli:Recipe>{recipe}</gancli:Recipe>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


@dataclass(frozen=True)
class Provenance:
    """The origin of the images in one file.

    Attributes:
      config_name: `name` of the config that the model was trained by.
      checkpoint: such as `ckpt-960`.
      model_sha256: of the generator's weights, in hexadecimal.
      recipe: `kind`, which is how the picture is composed, and by name everything else that its
        pixels depend on. Strings, numbers, booleans and None only.
      digital_source_type: IPTC's, as a URI.
      software: name and version.
    """

    config_name: str
    checkpoint: str
    model_sha256: str
    recipe: Mapping[str, Any]
    digital_source_type: str = GENERATED
    software: str = SOFTWARE

    @property
    def seeds(self) -> str:
        """The seed or seeds of the recipe, as text; empty if it has none."""
        seeds = self.recipe.get("seeds")
        return str(self.recipe.get("seed", "") if seeds is None else seeds)

    def to_json(self) -> str:
        """Returns one JSON object with the fields as keys."""
        return json.dumps(asdict(self), indent=1)

    def to_xmp(self) -> bytes:
        """Returns an XMP packet (ISO 16684-1) in UTF-8."""
        # Not asdict, which copies deeply: that takes time where many images have a packet each.
        values = {**vars(self), "seed": self.seeds, "recipe": json.dumps(dict(self.recipe))}
        escaped = {name: escape(value) for name, value in values.items()}
        return _PACKET.format(rdf=_RDF, xmp=_XMP, iptc=_IPTC, own=_OWN, **escaped).encode(
            "utf-8", "backslashreplace"
        )


def from_json(text: str | bytes) -> Provenance | None:
    """Returns the provenance that `to_json` wrote, or None if the text is anything else."""
    if len(text) > _MOST_JSON_BYTES:
        return None
    try:
        return _checked(json.loads(text))
    except (ValueError, RecursionError):
        return None


def from_xmp(packet: bytes) -> Provenance | None:
    """Returns the provenance that `to_xmp` wrote, or None if the packet is anything else."""
    # Entities could grow without bound; no XMP packet needs a document type.
    if len(packet) > _MOST_BYTES or b"<!" in packet:
        return None
    try:
        description = ElementTree.fromstring(packet.strip(b"\x00 \n")).find(
            f".//{{{_RDF}}}Description"
        )
        if description is None:
            return None

        def text(space: str, name: str) -> str | None:
            return description.findtext(f"{{{space}}}{name}")

        return _checked(
            {
                "config_name": text(_OWN, "ConfigName"),
                "checkpoint": text(_OWN, "Checkpoint"),
                "model_sha256": text(_OWN, "ModelSHA256"),
                "recipe": json.loads(text(_OWN, "Recipe") or ""),
                "digital_source_type": text(_IPTC, "DigitalSourceType"),
                "software": text(_XMP, "CreatorTool"),
            }
        )
    except (ElementTree.ParseError, ValueError, LookupError, TypeError, RecursionError):
        # A packet may declare an encoding that Python does not know, or that is none of text.
        return None


def _checked(fields: Any) -> Provenance | None:
    """Checks the fields, which anyone may have written."""
    names = ("config_name", "checkpoint", "model_sha256", "digital_source_type", "software")
    if not isinstance(fields, dict) or not all(isinstance(fields.get(n), str) for n in names):
        return None
    recipe = fields.get("recipe")
    plain = (str, int, float, bool, type(None))
    if not isinstance(recipe, dict) or not all(isinstance(v, plain) for v in recipe.values()):
        return None
    return Provenance(recipe=recipe, **{name: fields[name] for name in names})
