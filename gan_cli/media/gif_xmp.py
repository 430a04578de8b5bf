"""XMP in GIF files, which Pillow neither writes nor reads.

An application extension named `XMP DataXMP` holds the packet unchanged. A decoder takes bytes of
the packet for lengths of blocks; the 258 bytes behind the packet lead it to the extension's end
from wherever it lands (Adobe XMP specification part 3, section 1.1.2, "GIF").
"""

_INTRODUCER = b"\x21\xff\x0bXMP DataXMP"
_LANDING = b"\x01" + bytes(range(0xFF, -1, -1)) + b"\x00"
_TRAILER = b";"


def with_xmp(gif: bytes, packet: bytes) -> bytes:
    """Returns a GIF, of version 89a, with an XMP packet before its end."""
    if not gif.startswith(b"GIF89a") or not gif.endswith(_TRAILER):
        raise ValueError("not a whole GIF89a")
    return gif[:-1] + _INTRODUCER + packet + _LANDING + _TRAILER


def xmp_of(gif: bytes) -> bytes | None:
    """Returns the last XMP packet in a GIF, or None."""
    start = gif.rfind(_INTRODUCER)
    end = gif.find(_LANDING, start)
    if start < 0 or end < 0:
        return None
    return gif[start + len(_INTRODUCER) : end]
