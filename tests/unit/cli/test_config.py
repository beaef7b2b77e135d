"""The configuration file: the home account and names of accounts, typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.cli.config import configuration, parsed
from ringfence.model.errors import BadInput

PATH = Path("/home/kim/config.toml")
WHOLE = """
[home]
account = "111122223333"
region = "eu-west-1"
profile = "security"

[accounts]
"444455556666" = "shop"
"""


def test_a_whole_file_is_read() -> None:
    read = parsed(WHOLE, PATH)
    assert read.home == {"account": "111122223333", "region": "eu-west-1", "profile": "security"}
    assert read.accounts == {"444455556666": "shop"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[home", "must be TOML"),
        ('[hom]\na = "b"', "hom: must be one of home, accounts, not 'hom'. Did you mean home?"),
        ('[home]\nacount = "1"', "home.acount: must be one of account, region, profile"),
        ("[home]\naccount = 111122223333", "home.account: must be a string, not 111122223333"),
        ('[home]\naccount = "1"', "home.account: must be a 12-digit account id in quotation marks, not '1'"),
        ('[home]\nregion = "Ireland"', "home.region: must be a region such as eu-west-1, not 'Ireland'"),
        ('[accounts]\nshop = "444455556666"', "accounts.shop: must be named by a 12-digit account id"),
        ('home = "eu-west-1"', "home: is required and must be an object"),
    ],
)
def test_an_error_names_the_file_the_field_and_the_value(text: str, words: str) -> None:
    with pytest.raises(BadInput) as raised:
        parsed(text, PATH)
    assert words in str(raised.value)
    assert str(PATH) in str(raised.value)


def test_the_file_is_in_the_configuration_folder(tmp_path: Path) -> None:
    folder = tmp_path / "ringfence"
    folder.mkdir()
    (folder / "config.toml").write_text(WHOLE, "utf-8")
    assert configuration({"XDG_CONFIG_HOME": str(tmp_path)}).path == folder / "config.toml"
    assert configuration({"RINGFENCE_CONFIG": str(folder / "config.toml")}).accounts


def test_no_file_is_no_error_unless_a_variable_names_it(tmp_path: Path) -> None:
    assert configuration({"XDG_CONFIG_HOME": str(tmp_path)}).path is None
    with pytest.raises(BadInput, match="RINGFENCE_CONFIG: must name a file that exists"):
        configuration({"RINGFENCE_CONFIG": str(tmp_path / "none.toml")})
