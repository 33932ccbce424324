"""Model folders: exact when whole, refused when not, and never code."""

import hashlib
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from mismatch import Detector, artefact
from mismatch.errors import ArtefactError

TITLE = "Harbour bridge closes for nine weeks of repairs"
BODIES = [
    "The bridge over the harbour shuts on Monday. Its bearings are replaced in nine weeks.",
    "The striker signed for three more seasons.\n\nHe scored twice on Saturday, with his head.",
    "Quorvantic ferries left Zeldemouth.",
]


@pytest.fixture
def folder(tmp_path) -> Path:
    saved = tmp_path / "model"
    artefact.save(artefact.load(artefact.shipped("fast")), saved, card="A copy.\n")
    return saved


def change_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


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


@pytest.mark.parametrize("name", ["model.safetensors", "vocabulary.txt"])
@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_one_changed_byte_is_damage(folder, name, place):
    data = bytearray((folder / name).read_bytes())
    data[int(place * (len(data) - 1))] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(ArtefactError, match=f"{name} is damaged"):
        Detector.load(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "vocabulary.txt", "config.json"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(ArtefactError, match=name):
        Detector.load(folder)


def test_an_older_format_has_its_calibration_among_the_weights_and_no_intervals(folder):
    arrays = load_file(folder / "model.safetensors")
    calibration = load_file(folder / "calibration.safetensors")
    arrays |= {
        f"calibration.{name}": calibration[name] for name in ("knots", "log_odds", "genuine")
    }
    save_file(arrays, folder / "model.safetensors")
    (folder / "calibration.safetensors").unlink()
    sums = json.loads((folder / "config.json").read_text())["sha256"]
    data = (folder / "model.safetensors").read_bytes()
    sums["model.safetensors"] = hashlib.sha256(data).hexdigest()
    change_config(folder, sha256=sums, format=artefact.OLDER)
    old, new = (
        Detector.load(folder).score(TITLE, BODIES[0]),
        Detector("fast").score(TITLE, BODIES[0]),
    )
    assert (old.probability, old.p_value) == (new.probability, new.p_value)
    assert old.interval == pytest.approx((0, 1), abs=1e-9)


def test_a_newer_format_says_what_to_do(folder):
    change_config(folder, format=artefact.FORMAT + 1)
    with pytest.raises(ArtefactError, match=rf"format {artefact.FORMAT + 1}.*install"):
        Detector.load(folder)


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
    "changes",
    [{"sha256": {}}, {"features": None}, {"sha256": None}],
    ids=repr,
)
def test_an_incomplete_config_is_an_artefact_error(folder, changes):
    change_config(folder, **changes)
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
    sums = json.loads((folder / "config.json").read_text())["sha256"]
    sums["model.safetensors"] = hashlib.sha256(payload).hexdigest()
    change_config(folder, sha256=sums)
    with pytest.raises(ArtefactError):
        Detector.load(folder)
    assert not marker.exists()
    pickle.loads(payload)
    assert marker.exists()  # the payload would have worked
