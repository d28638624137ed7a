from __future__ import annotations

import pytest
from pydantic import ValidationError

from arena.config.document.cors import CorsSection


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"origins": [origin]}, "should be an origin")
        for origin in (
            "null",
            "app.example",
            "https://a/",
            "https://a/b",
            "ftp://a",
            "https://*.a",
            "https://a\r\nb",
            "",
        )
    ]
    + [
        ({}, "Field required"),
        ({"origins": []}, "at least 1"),
        ({"origins": ["*", "https://a"]}, "lists origins beside"),
        ({"origins": "*", "credentials": True}, "allows credentials and"),
        ({"origins": "https://a", "headers": "*", "credentials": True}, "allows credentials and"),
        ({"origins": "https://a", "headers": "a b"}, "should be a name"),
        ({"origins": "https://a", "methods": "FLY"}, "Input should be 'GET'"),
        ({"origins": "https://a", "methods": ["GET", "trace"]}, "Input should be 'GET'"),
        ({"origins": "https://a", "methods": "*", "credentials": True}, "allows credentials and"),
        ({"origins": "https://a", "expose": ["a\r\nb"]}, "should be a name"),
    ],
)
def test_what_cannot_be(section: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        CorsSection.model_validate(section)


def test_methods_are_read_in_any_case() -> None:
    assert CorsSection.model_validate({"origins": "*", "methods": ["get", "*"]}).methods == ["GET", "*"]


def test_origins_are_compared_in_lower_case() -> None:
    section = CorsSection.model_validate({"origins": "HTTPS://App.Example:8443"})
    assert section.origins == ["https://app.example:8443"]
