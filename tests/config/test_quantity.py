from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.config import quantity


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5s", 5),
        ("1m30s", 90),
        ("500ms", 0.5),
        ("2h", 7200),
        ("1d", 86400),
        ("0", 0),
        ("2.5", 2.5),
        (" 5s ", 5),
        ("1.5h", 5400),
    ],
)
def test_duration(text: str, seconds: float) -> None:
    assert quantity.duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "5 s", "five", "5x", "-1s", "1m30", "5s!", "1e400", "nan", "inf"])
def test_duration_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration such as|too large"):
        quantity.duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("10MB", 10 * 1024**2),
        ("1g", 1024**3),
        ("512k", 512 * 1024),
        ("64KiB", 65536),
        ("100", 100),
        ("100b", 100),
        ("1.5m", 1572864),
    ],
)
def test_size(text: str, size: int) -> None:
    assert quantity.size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "10 parsecs", "-1k", "10ib", "1e300g"])
def test_size_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"size such as|too large"):
        quantity.size(text)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("200/s", (200, 200)),
        ("60/min", (1, 60)),
        ("1000/h", (1000 / 3600, 1000)),
        ("0.5/s", (0.5, 1)),
        ("7 / day", (7 / 86400, 7)),
    ],
)
def test_rate(text: str, rate: tuple[float, int]) -> None:
    assert quantity.rate(text) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["", "200", "/s", "0/s", "-1/s", "5/fortnight", "a/s"])
def test_rate_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        quantity.rate(text)


@given(st.text(max_size=20))
def test_junk_is_a_value_error_or_a_number(text: str) -> None:
    for parse in (quantity.duration, quantity.size, quantity.rate):
        try:
            parse(text)
        except ValueError as error:
            assert str(error)


@pytest.mark.parametrize(("text", "share"), [("50%", 0.5), (" 12.5 % ", 0.125), ("0.5", 0.5), ("1", 1.0)])
def test_share(text: str, share: float) -> None:
    assert quantity.share(text) == share


@pytest.mark.parametrize("text", ["", "%", "half", "-1%", "50%%", "nan"])
def test_share_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="should be a share such as 50%"):
        quantity.share(text)
