from ai_service import failure
from ai_service.failure import Failure


def test_every_kind_has_a_code_and_an_error_status_of_its_own() -> None:
    kinds = [kind for kind in vars(failure).values() if isinstance(kind, type) and issubclass(kind, Failure)]
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(400 <= kind.status < 600 and kind.title for kind in kinds)


def test_it_carries_what_the_client_needs() -> None:
    error = failure.RateLimited("slowly", retry_after=3, param="x")
    assert (str(error), error.detail, error.retry_after, error.param) == ("slowly", "slowly", 3, "x")
