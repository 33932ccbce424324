"""Model folders: exact when whole, refused when not, and never code."""

import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save, save_file

from mismatch import Detector, artefact, reading_model, storing
from mismatch.errors import ArtefactError
from mismatch.sealing import read_part, read_sealed, write_sealed
from mismatch.training.card import write_card, write_reading_card

TITLE = "Harbour bridge closes for nine weeks of repairs"
BODIES = [
    "The bridge over the harbour shuts on Monday. Its bearings are replaced in nine weeks.",
    "The striker signed for three more seasons.\n\nHe scored twice on Saturday, with his head.",
    "Quorvantic ferries left Zeldemouth.",
]


def test_the_cards_are_of_what_ships():
    for mode, model, write in (
        ("fast", artefact.load(artefact.shipped("fast")), write_card),
        ("reading", reading_model.load(artefact.shipped("reading")), write_reading_card),
    ):
        card = (artefact.shipped(mode) / artefact.CARD).read_text(encoding="utf-8")
        assert card == write(model.about)
        assert model.about["reference_articles"] == len(model.calibration.genuine)
        assert f"{len(model.calibration.genuine):,} genuine reference articles" in card


@pytest.fixture
def folder(tmp_path) -> Path:
    saved = tmp_path / "model"
    artefact.save(artefact.load(artefact.shipped("fast")), saved, card="A copy.\n")
    return saved


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "detector"
    Detector("auto").save(path)
    return path


PARTS = {  # by the JSON file that they are sealed with
    "detector.json": ["fast/config.json", "reading/config.json"],
    "fast/config.json": [*artefact.FILES],
    "reading/config.json": [*reading_model.FILES],
}
READ = [*PARTS, *(f"{Path(s).parent}/{n}" for s in [*PARTS][1:] for n in PARTS[s])]


@pytest.fixture
def shadow(saved, tmp_path) -> Path:
    """The saved detector as links, so that one file can be replaced without copying the others."""
    folder = tmp_path / "shadow"
    for path in filter(Path.is_file, saved.rglob("*")):
        link = folder / path.relative_to(saved)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
    return folder


def replace_file(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)


def change_config(folder: Path, **changes: object) -> None:
    """Change it as a writer of it would: sealed."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    write_sealed(path, config | changes, [name for name in FILES if (folder / name).exists()])


FILES = artefact.FILES


def test_a_saved_model_scores_the_same_to_the_last_bit(folder):
    shipped, saved = Detector("fast"), Detector.load(folder)
    for body in BODIES:
        one, other = shipped.score(TITLE, body), saved.score(TITLE, body)
        assert one.model_copy(update={"mode": other.mode}) == other
    batches = [d.score_batch([TITLE] * 3, BODIES) for d in (shipped, saved)]
    assert np.array_equal(batches[0].probability, batches[1].probability)
    assert np.array_equal(batches[0].p_value, batches[1].p_value)


def test_saving_again_writes_the_same_numbers(folder, tmp_path):
    again = tmp_path / "again"
    artefact.save(artefact.load(folder), again, card="A copy.\n")
    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_a_folder_holds_numbers_and_text_only(folder):
    names = {"README.md", "config.json", "vocabulary.txt"}
    names |= {"calibration.safetensors", "model.safetensors"}
    assert {path.name for path in folder.iterdir()} == names
    shipped = {path.name for path in artefact.shipped("fast").iterdir()}
    assert shipped == names


def test_all_that_is_read_is_known_to_these_tests(saved):
    cards = {"fast/README.md", "reading/README.md"}
    found = {str(path.relative_to(saved)) for path in saved.rglob("*") if path.is_file()}
    assert found == {*READ} | cards
    assert Detector.load(saved).score(TITLE, BODIES[0]) == Detector().score(TITLE, BODIES[0])


@pytest.mark.parametrize("name", PARTS)
def test_a_changed_byte_anywhere_in_json_is_damage(shadow, name):
    path = shadow / name
    whole = path.read_bytes()
    newest = storing.FORMAT if name == "detector.json" else artefact.FORMAT
    assert read_sealed(path, newest, newest)["format"] == newest
    path.unlink()
    every = 1 if len(whole) < 2_000 else 41  # seconds; every single byte was tried once
    for place in [*range(0, len(whole), every), *range(len(whole) - 90, len(whole))]:
        data = bytearray(whole)
        data[place] ^= 1
        path.write_bytes(data)
        with pytest.raises(ArtefactError, match=re.escape(path.name) + "|format"):
            read_sealed(path, newest, newest)


@pytest.mark.parametrize(("sealed", "name"), [(s, name) for s in PARTS for name in PARTS[s]])
def test_a_changed_byte_anywhere_in_a_part_is_damage(shadow, sealed, name):
    folder = (shadow / sealed).parent
    seal = json.loads((shadow / sealed).read_text())
    whole = read_part(folder, name, seal)
    places = {0, 7, 8, 9, 100, len(whole) - 1}  # the header of safetensors is at the start
    for place in places | {len(whole) * tenth // 10 for tenth in range(1, 10)}:
        data = bytearray(whole)
        data[place] ^= 1
        replace_file(folder / name, data)
        with pytest.raises(ArtefactError, match=re.escape(f"{folder / name} is damaged")):
            read_part(folder, name, seal)


@pytest.mark.parametrize("name", READ)
def test_loading_holds_every_file_against_its_seal(shadow, name):
    data = bytearray((shadow / name).read_bytes())
    data[len(data) // 2] ^= 1
    replace_file(shadow / name, data)
    with pytest.raises(ArtefactError, match=re.escape(str(shadow / name)) + "|no readable"):
        Detector.load(shadow)


@pytest.mark.parametrize("name", READ)
def test_a_missing_file_is_named(shadow, name):
    (shadow / name).unlink()
    with pytest.raises(ArtefactError, match=re.escape(Path(name).name)):
        Detector.load(shadow)


@pytest.mark.parametrize("name", READ)
def test_a_truncated_file_is_named(shadow, name):
    data = (shadow / name).read_bytes()
    replace_file(shadow / name, data[: len(data) * 3 // 4])
    with pytest.raises(ArtefactError, match=re.escape(Path(name).name)):
        Detector.load(shadow)


@pytest.mark.parametrize("name", READ)
def test_an_unreadable_file_is_named(shadow, name):
    (shadow / name).unlink()
    (shadow / name).mkdir()
    with pytest.raises(ArtefactError, match=re.escape(Path(name).name)):
        Detector.load(shadow)


def test_a_part_of_another_detector_is_found_out(shadow, tmp_path):
    Detector("fast", prior=0.2).save(tmp_path / "other")
    change_config(tmp_path / "other" / "fast", about={})
    shutil.rmtree(shadow / "fast")
    (shadow / "fast").symlink_to(tmp_path / "other" / "fast")
    with pytest.raises(ArtefactError, match=r"fast/config\.json is damaged"):
        Detector.load(shadow)


def test_files_that_are_not_read_do_no_harm(shadow):
    (shadow / "fast" / "README.md").unlink()
    (shadow / "fast" / "model.pkl").write_bytes(b"no model")
    (shadow / "reading" / "modeling.py").write_text("raise SystemExit")
    assert Detector.load(shadow).score(TITLE, BODIES[0]) == Detector().score(TITLE, BODIES[0])


def test_a_file_is_no_folder(tmp_path):
    path = tmp_path / "detector.json"
    path.write_text("{}")
    with pytest.raises(ArtefactError, match=r"detector\.json is not a mismatch model"):
        Detector.load(path)


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_saved_detector_can_be_read_by_others(saved):
    umask = os.umask(0o022)
    os.umask(umask)
    for path in filter(Path.is_file, saved.rglob("*")):
        assert path.stat().st_mode & 0o777 == 0o666 & ~umask, path


@pytest.mark.parametrize("name", PARTS)
def test_a_newer_format_says_what_to_do(shadow, name):
    path = shadow / name
    content = json.loads(path.read_text()) | {"format": 9}
    replace_file(path, json.dumps(content).encode())
    load = {"fast": artefact.load, "reading": reading_model.load}.get(
        path.parent.name, Detector.load
    )
    with pytest.raises(ArtefactError, match=r"has format 9.*install the release"):
        load(path.parent)


def test_settings_of_an_older_format_have_no_checksums(shadow):
    old = {"format": 1, "mode": "fast", "prior": 0.2, "false_alarm_rate": 0.01}
    replace_file(shadow / "detector.json", json.dumps(old).encode())
    loaded = Detector.load(shadow)
    assert (loaded.mode, loaded.prior, loaded.false_alarm_rate) == ("fast", 0.2, 0.01)
    replace_file(shadow / "detector.json", json.dumps(old | {"mode": "psychic"}).encode())
    with pytest.raises(ArtefactError, match="mode 'psychic'"):
        Detector.load(shadow)


def test_an_encoder_of_its_owners_leaves_no_older_one_to_be_read(tmp_path):
    reading = reading_model.load(artefact.shipped("reading"))
    reading_model.save(reading, tmp_path, "Ours.\n")
    own = reading_model.Reading(artefact.load(artefact.shipped("fast")).encoder)
    reading_model.save(own, tmp_path, "The owner's.\n")
    with pytest.raises(ArtefactError, match="give encoder="):
        reading_model.load(tmp_path)
    assert reading_model.load(tmp_path, own.encoder).encoder is own.encoder


def test_an_older_format_has_its_calibration_among_the_weights_and_no_intervals(folder):
    arrays = load_file(folder / "model.safetensors")
    calibration = load_file(folder / "calibration.safetensors")
    arrays |= {
        f"calibration.{name}": calibration[name] for name in ("knots", "log_odds", "genuine")
    }
    save_file(arrays, folder / "model.safetensors")
    (folder / "calibration.safetensors").unlink()
    change_config(folder, format=artefact.OLDEST)
    old, new = (
        Detector.load(folder).score(TITLE, BODIES[0]),
        Detector("fast").score(TITLE, BODIES[0]),
    )
    assert (old.probability, old.p_value) == (new.probability, new.p_value)
    assert old.interval == pytest.approx((0, 1), abs=1e-9)


def test_the_format_before_had_no_checksum_of_the_config(folder):
    path = folder / "config.json"
    config = json.loads(path.read_text()) | {"format": 2}
    del config["checksum"]
    path.write_text(json.dumps(config))
    assert Detector.load(folder).score(TITLE, BODIES[0]).probability < 0.5
    path.write_text(json.dumps(config | {"format": 3}))
    with pytest.raises(ArtefactError, match=r"config\.json is damaged"):
        Detector.load(folder)


def test_the_format_before_had_one_joint_reader(tmp_path):
    reading = reading_model.load(artefact.shipped("reading"))
    one = replace(reading, joints=reading.joints[:1], classifier=None)
    reading_model.save(one, tmp_path, "A copy.\n")
    path = tmp_path / "joint.safetensors"
    arrays = {name.removeprefix("0."): array for name, array in load_file(path).items()}
    replace_file(path, save(arrays))
    config = json.loads((tmp_path / "config.json").read_text()) | {"format": 5}
    write_sealed(tmp_path / "config.json", config, [*reading_model.FILES])
    loaded = reading_model.load(tmp_path)
    assert loaded.features == one.features
    assert len(loaded.joints) == 1
    for name, array in reading.joints[0].arrays.items():
        np.testing.assert_array_equal(loaded.joints[0].arrays[name], array)


@pytest.mark.parametrize("features", [["other"], []])
def test_other_features_are_refused(folder, features):
    change_config(folder, features=features)
    with pytest.raises(ArtefactError, match="features"):
        Detector.load(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"format"', "{}"])
def test_unreadable_json_is_no_model(folder, text):
    (folder / "config.json").write_text(text)
    with pytest.raises(ArtefactError, match="not a mismatch model"):
        Detector.load(folder)


def test_truncated_json_is_no_model(folder):
    path = folder / "config.json"
    path.write_text(path.read_text()[:200])
    with pytest.raises(ArtefactError, match=r"config\.json"):
        Detector.load(folder)


@pytest.mark.parametrize(
    "changes", [{"sha256": {}}, {"features": None}, {"sha256": None}], ids=repr
)
def test_an_incomplete_config_is_an_artefact_error(folder, changes):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(ArtefactError):
        Detector.load(folder)


def test_no_folder_and_an_empty_one_are_no_models(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere", str(tmp_path)):
        with pytest.raises(ArtefactError, match="not a mismatch model"):
            Detector.load(path)


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_nothing_is_unpickled(folder, tmp_path):
    marker = tmp_path / "unpickled"
    payload = pickle.dumps(Bomb(marker))
    (folder / "model.safetensors").write_bytes(payload)
    change_config(folder)
    with pytest.raises(ArtefactError):
        Detector.load(folder)
    assert not marker.exists()
    pickle.loads(payload)
    assert marker.exists()  # the payload would have worked


WATCHED = """
import sys
from mismatch import Detector
Detector.load(sys.argv[1])  # imports what it needs
seen = []
names = ("pickle", "exec", "compile", "subprocess", "os.system", "os.exec", "socket", "marshal")
sys.addaudithook(lambda event, args: event.startswith(names) and seen.append(event))
Detector.load(sys.argv[1])
print(seen)
import pickle
pickle.loads(pickle.dumps(Detector))
assert "pickle.find_class" in seen  # the hook sees
"""


def test_loading_executes_nothing(saved):
    command = [sys.executable, "-c", WATCHED, str(saved)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
