"""The public surface is what ``__all__`` says, and each name is really there."""

import importlib
import pkgutil

import pytest

import mismatch


def test_all_is_sorted_and_complete():
    assert mismatch.__all__ == sorted(mismatch._ROOMS | {"__version__": ""})
    assert dir(mismatch) == mismatch.__all__


@pytest.mark.parametrize("name", mismatch.__all__)
def test_name_is_there_and_comes_from_its_room(name):
    value = getattr(mismatch, name)
    if name != "__version__":
        room = importlib.import_module(f"mismatch.{mismatch._ROOMS[name]}")
        assert value is getattr(room, name)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mismatch.nothing


def test_every_room_lists_what_is_in_it():
    for module in pkgutil.iter_modules(mismatch.__path__):
        if module.name != "__main__":
            room = importlib.import_module(f"mismatch.{module.name}")
            for name in getattr(room, "__all__", []):
                assert hasattr(room, name), f"mismatch.{module.name} has no {name}"


def test_star_import():
    names: dict[str, object] = {}
    exec("from mismatch import *", names)
    assert set(mismatch.__all__) <= set(names)
