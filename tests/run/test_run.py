"""The run directory's files survive what happens to files."""

import base64
import contextlib
import io
import os
import re
import wave

import numpy as np
import pytest
from PIL import Image

from gan_cli.config.schema import Config
from gan_cli.errors import UserError
from gan_cli.io.files import atomic_write
from gan_cli.media.sound import preview
from gan_cli.music.grid import Grid
from gan_cli.music.instruments import instruments_named
from gan_cli.music.piece import Note
from gan_cli.run.directory import RunDirectory
from gan_cli.run.guard_log import GuardLog
from gan_cli.run.metrics_log import MetricsLog
from gan_cli.run.plans_log import PlansLog
from gan_cli.run.report.page import write_report


class TestMetricsLog:
    def test_lines_come_back_and_a_torn_last_one_is_dropped(self, tmp_path):
        log = MetricsLog(tmp_path / "metrics.jsonl")
        log.append(640, {"loss": 0.25})
        log.append(1280, {"loss": 0.5})
        with log.path.open("a") as file:
            file.write('{"images_shown": 1920, "lo')
        assert log.read() == [
            {"images_shown": 640, "kimg": 0.64, "loss": 0.25},
            {"images_shown": 1280, "kimg": 1.28, "loss": 0.5},
        ]

    def test_going_back_drops_the_lines_of_the_future(self, tmp_path):
        log = MetricsLog(tmp_path / "metrics.jsonl")
        for images in (10, 20, 30):
            log.append(images, {})
        with log.path.open("a") as file:
            file.write("{torn")
        log.truncate_after(20)
        log.append(25, {})
        assert [row["images_shown"] for row in log.read()] == [10, 20, 25]
        assert log.path.read_text().count("\n") == 3

    @pytest.mark.parametrize("value", ["null", "1" + 400 * "0", '"x"', "[1]"])
    def test_lines_of_what_is_no_number_are_skipped(self, tmp_path, value):
        log = MetricsLog(tmp_path / "metrics.jsonl")
        log.path.write_text(f'{{"images_shown": 10, "loss": {value}}}\n')
        log.append(20, {"loss": -1e300})
        assert [row["loss"] for row in log.read()] == [-1e300]


class TestAtomicWrite:
    def test_replaces_whole_files_with_the_users_permissions(self, tmp_path):
        path = tmp_path / "new" / "x.txt"
        atomic_write(path, "one")
        atomic_write(path, b"two")
        assert path.read_text() == "two"
        assert [p.name for p in path.parent.iterdir()] == ["x.txt"]
        umask = os.umask(0)
        os.umask(umask)
        assert path.stat().st_mode & 0o777 == 0o666 & ~umask

    def test_the_content_is_on_disk_before_the_name_and_the_name_before_the_return(
        self, tmp_path, disk_events
    ):
        path = tmp_path / "x.txt"
        atomic_write(path, "one")
        (content, aside), *rest = disk_events
        assert (content, aside.parent) == ("forced", tmp_path)
        assert aside != path
        assert rest == [("named", path), ("forced", tmp_path)]

    def test_a_failure_leaves_what_was_there(self, tmp_path, monkeypatch):
        path = tmp_path / "x.txt"
        atomic_write(path, "one")

        def full(descriptor):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(UserError, match=r"x\.txt: cannot be written: No space left on device"):
            atomic_write(path, "two")
        assert path.read_text() == "one"
        assert [p.name for p in tmp_path.iterdir()] == ["x.txt"]


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(UserError, match=r"is no run directory: it holds no config\.yaml"):
        RunDirectory(tmp_path).read_config()


def test_the_report_is_one_page_that_needs_nothing_else(tmp_path):
    run = RunDirectory(tmp_path)
    run.write_config(Config.model_validate({"data": {"source": "npz"}, "name": "a"}))
    log = MetricsLog(run.metrics)
    for step in range(1, 5):
        log.append(1000 * step, {"discriminator_loss": 1 / step, "generator_loss": step})
        log.append(1000 * step, {"fd_random": 1 / step})
    run.samples.mkdir()
    for kimg in range(6):
        pixels = np.full((8, 8), 40 * kimg, np.uint8)
        Image.fromarray(pixels).save(run.samples / f"grid-{kimg:06d}.png")
    write_report(run)
    page = run.report.read_text()
    assert page.count("<img ") == 4
    assert page.count("<svg ") == 2
    assert "source: npz" in page
    loaded = re.findall(r'(?:src|href)="([^"#]{0,12})', page)
    # Data, or (an SVG's own) fragments of the page itself.
    assert set(loaded) <= {"data:image/p", ""}


def test_large_pictures_of_the_report_lose_bytes_and_no_more_than_an_eye_sees(tmp_path):
    run = RunDirectory(tmp_path)
    run.samples.mkdir()
    noise = np.random.default_rng(0).normal(128, 25, (300, 300, 3)).clip(0, 255)
    smooth = np.asarray(
        Image.fromarray(noise.astype(np.uint8)).resize((900, 900), Image.Resampling.BICUBIC)
    )
    Image.fromarray(smooth).save(run.samples / "grid-000000.png")
    write_report(run)
    page = run.report.read_text()
    (kind, data) = re.search(r'src="data:image/(\w+);base64,([^"]+)"', page).groups()
    assert kind == "webp"
    assert len(data) < (run.samples / "grid-000000.png").stat().st_size / 3
    with Image.open(io.BytesIO(base64.b64decode(data))) as shown:
        error = np.asarray(shown.convert("RGB")).astype(float) - smooth
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 25


def test_the_report_shows_both_parts_of_a_run_that_was_continued(tmp_path):
    run = RunDirectory(tmp_path)
    log = MetricsLog(run.metrics)
    for step in range(1, 9):
        log.append(1000 * step, {"discriminator_loss": 1 / step, "generator_loss": step})
    write_report(run)
    assert "continued" not in run.report.read_text()
    PlansLog(run.plans).append(4000, 4.0, 8.0)
    assert write_report(run) == []
    page = run.report.read_text()
    assert "Planned for 4 kimg, and continued at 4 kimg with 8 as the new end" in page
    assert page.count('id="continued-4"') == 1
    with run.plans.open("a") as file:
        file.write('{"images_shown": -1, "planned_kimg": 4, "kimg": 8}\n' * 2)
    (problem,) = write_report(run)
    assert "plans.jsonl" in problem


def test_the_report_plays_phrases_of_music(tmp_path):
    run = RunDirectory(tmp_path)
    run.samples.mkdir(parents=True)
    song = Grid(1, 4).piece_of(instruments_named(("piano",), "tracks"), [[Note(0, 4, 60)]], 120.0)
    (run.samples / "newest.wav").write_bytes(preview([song, song]))
    with wave.open(str(run.samples / "newest.wav")) as file:
        assert file.getframerate() == 11_025
        assert file.getnframes() / file.getframerate() == pytest.approx(4.08, abs=0.01)
    write_report(run)
    (found,) = re.findall(r'src="data:audio/wav;base64,([^"]+)"', run.report.read_text())
    assert base64.b64decode(found) == (run.samples / "newest.wav").read_bytes()


def test_the_report_plots_scores_that_it_does_not_know(tmp_path):
    run = RunDirectory(tmp_path)
    log = MetricsLog(run.metrics)
    for step in range(1, 3):
        times = {"training_seconds": 10.0 * step}
        log.append(1000 * step, {"own_value": 1.0, "images_per_second": 9.0, **times})
        log.append(1000 * step, {"token_error": 1 / step, **times})
        log.append(1000 * step, {"something_watched": 1 / step})
    write_report(run)
    page = run.report.read_text()
    captions = re.findall("<figcaption>(.*?)</figcaption>", page)
    assert captions == ["Images per second", "token_error"]


def test_a_line_that_was_cut_short_does_not_swallow_the_next(tmp_path):
    log = MetricsLog(tmp_path / "metrics.jsonl")
    log.append(1000, {"loss": 1.0})
    with log.path.open("a") as file:
        file.write('{"images_shown": 2000, "lo')
    log.append(3000, {"loss": 3.0})
    log.append(4000, {"loss": 4.0})
    assert [row["images_shown"] for row in log.read()] == [1000, 3000, 4000]


def test_a_full_disk_is_one_line_and_leaves_what_was_there(small_disk):
    log = MetricsLog(small_disk / "metrics.jsonl")
    log.append(1000, {"loss": 1.0})
    atomic_write(small_disk / "kept", "before")
    (small_disk / "large").write_bytes(bytes(200_000))
    with pytest.raises(UserError, match="kept: cannot be written: No space left on device"):
        atomic_write(small_disk / "kept", "x" * 300_000)
    assert (small_disk / "kept").read_text() == "before"
    (small_disk / "rest").write_bytes(b"")
    with contextlib.suppress(OSError), (small_disk / "rest").open("ab", buffering=0) as file:
        while True:
            file.write(bytes(1024))
    # The page that holds the first line has room for some more.
    shown = []
    with pytest.raises(UserError, match=r"metrics\.jsonl: cannot be written: No space left"):  # noqa: PT012
        for images_shown in range(2000, 3000):
            log.append(images_shown, {"loss": 1.0})
            shown.append(images_shown)
    assert [row["images_shown"] for row in log.read()] == [1000, *shown]
    assert sorted(path.name for path in small_disk.iterdir() if path.name.startswith(".")) == []


class TestGuardLog:
    @pytest.fixture
    def log(self, tmp_path):
        """A warning, the rollback that it led to, a gamma, and a warning after that."""
        log = GuardLog(tmp_path / "guard.jsonl")
        log.append(900, "diverging", "warned", "a", 0)
        log.append(900, "diverging", "rolled back", "b", 1)
        log.append(700, "collapsed", "warned", "c", 1)
        log.append(800, "collapsed", "strengthened", "d", 2)
        log.append(1000, "collapsed", "warned", "e", 2)
        return log

    @pytest.mark.parametrize(
        ("images_shown", "interventions", "kept"),
        [
            (1000, 2, "abcde"),
            (999, 2, "abcd"),
            # Behind the rollback, before the warning.
            (650, 1, "ab"),
            (700, 1, "abc"),
            # The state is from before the rollback, and will see everything again.
            (899, 0, ""),
            (900, 0, "a"),
        ],
    )
    def test_what_is_yet_to_come_is_dropped(self, log, images_shown, interventions, kept):
        with log.path.open("a") as file:
            file.write('{"images_shown": 1, "signal": "torn", "did')
        log.truncate_after(images_shown, interventions)
        assert "".join(entry["detail"] for entry in log.read()) == kept
        assert log.path.read_text().count("\n") == len(kept)

    @pytest.mark.parametrize("line", ["3", "{}", '{"images_shown": "x"}', "[" * 10_000])
    def test_lines_of_others_are_skipped(self, log, line):
        with log.path.open("a") as file:
            file.write(line + "\n")
        assert len(log.read()) == 5

    def test_where_nothing_was_seen_there_is_no_file(self, tmp_path):
        GuardLog(tmp_path / "guard.jsonl").truncate_after(0, 0)
        assert not list(tmp_path.iterdir())


def test_files_of_other_names_are_no_grids(tmp_path):
    run = RunDirectory(tmp_path)
    run.samples.mkdir()
    for name in ("grid-000002.png", "grid-final.png", "grid-.png", "grid-\u0663.png"):
        (run.samples / name).write_bytes(b"")
    assert run.saved_grids(9) == [(2, run.samples / "grid-000002.png")]
