"""Scores in MusicXML: what is read of them, and what is left out and why."""

import zipfile

import pytest

from gan_cli.music.scores import ScoreError, read_score_file

NAMES = ("Soprano", "Alto", "Tenor", "Bass")
QUARTER = 480


def note(step, octave, duration, extra="", alter=""):
    alter = f"<alter>{alter}</alter>" if alter else ""
    pitch = f"<pitch><step>{step}</step>{alter}<octave>{octave}</octave></pitch>"
    return f"<note>{pitch}<duration>{duration}</duration>{extra}</note>"


FULL = note("C", 4, 8)
TIED = note("F", 4, 4, alter="1") + note("G", 4, 4, '<tie type="start"/>')
PICKUP = note("D", 4, 2)
HELD = (
    note("G", 4, 2, '<tie type="stop"/>')
    + "<note><grace/><pitch><step>A</step><octave>4</octave></pitch></note>"
    + "<note><rest/><duration>2</duration></note>"
    + note("G", 4, 1)
    + "<forward><duration>2</duration></forward>"
    + note("G", 4, 1)
)


def write_score(path, measures=(PICKUP, TIED, HELD), names=NAMES, beats=4, score="score.xml"):
    attributes = (
        f"<attributes><divisions>2</divisions><time><beats>{beats}</beats>"
        "<beat-type>4</beat-type></time></attributes>"
    )
    others = (PICKUP, *[FULL] * (len(measures) - 1))
    listed, parts = "", ""
    for number, name in enumerate(names):
        own = measures if number == 0 else others
        listed += f'<score-part id="P{number}"><part-name>{name}</part-name></score-part>'
        inner = "".join(
            f"<measure>{attributes if index == 0 else ''}{each}</measure>"
            for index, each in enumerate(own)
        )
        parts += f'<part id="P{number}">{inner}</part>'
    root = f"<score-partwise><part-list>{listed}</part-list>{parts}</score-partwise>"
    container = f'<container><rootfiles><rootfile full-path="{score}"/></rootfiles></container>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other.xml", "<nothing/>")
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("score.xml", root)
    return path


def test_ties_rests_and_accidentals_are_read_from_the_first_bar_line_on(tmp_path):
    piece = read_score_file(write_score(tmp_path / "a.mxl"))
    assert [track.instrument.name for track in piece.tracks] == [n.lower() for n in NAMES]
    assert piece.length == 8 * QUARTER
    assert [(n.start, n.end, n.pitch) for n in piece.tracks[0].notes] == [
        (0, 960, 66),
        (960, 2400, 67),
        (2880, 3120, 67),
        (3600, 3840, 67),
    ]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"beats": 3}, "not in 4/4"),
        ({"names": ("Soprano", "Alto", "Tenor", "Horn")}, "not of soprano"),
        ({"measures": (PICKUP, FULL)}, None),
        ({"measures": (PICKUP, FULL + note("E", 4, 4))}, "unequal length"),
        ({"measures": (PICKUP, FULL + note("E", 4, 8, "<chord/>"))}, "two notes at once"),
        ({"measures": (PICKUP, FULL + "<backup><duration>4</duration></backup>" + FULL)}, "two"),
        ({"measures": (PICKUP, "<note>")}, "damaged"),
        ({"score": "missing.xml"}, "damaged"),
    ],
)
def test_other_scores_are_refused(tmp_path, change, why):
    path = write_score(tmp_path / "a.mxl", **change)
    if why is None:
        assert read_score_file(path).num_notes == 4
        return
    with pytest.raises(ScoreError, match=why):
        read_score_file(path)


def test_a_truncated_file_is_damaged(tmp_path):
    path = write_score(tmp_path / "a.mxl")
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ScoreError, match="damaged"):
        read_score_file(path)
