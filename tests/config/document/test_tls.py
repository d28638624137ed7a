from __future__ import annotations

import pytest
from pydantic import ValidationError

from arena.config.document.tls import ListenerTlsSection


@pytest.mark.parametrize("version", ["1.2", 1.2, "1.3", 1.3])
def test_a_version_may_be_a_number(version: object) -> None:
    section = ListenerTlsSection.model_validate({"cert": "a", "key": "b", "min_version": version})
    assert section.min_version == str(version)


@pytest.mark.parametrize("version", [1.1, "1.0", "TLSv1.2", 1])
def test_other_versions_are_refused(version: object) -> None:
    with pytest.raises(ValidationError):
        ListenerTlsSection.model_validate({"cert": "a", "key": "b", "min_version": version})
