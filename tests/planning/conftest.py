"""What tests of planning share: the sample market."""

import pytest

from lst_workbench.assumptions import data_folder
from lst_workbench.market import read_market


@pytest.fixture(scope="package")
def market():
    return read_market(data_folder() / "sample")
