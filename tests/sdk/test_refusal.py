import json

from starlette.requests import Request

from arena.sdk.refusal import CallerRefused, answer
from arena.sdk.request import enter


async def test_it_says_why_and_in_which_request() -> None:
    enter([(b"x-request-id", b"r-7")])
    response = await answer(Request({"type": "http"}), CallerRefused(401, "unauthenticated", "because"))
    assert (response.status_code, response.media_type) == (401, "application/problem+json")
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert json.loads(bytes(response.body)) == {
        "type": "urn:arena:problem:unauthenticated",
        "title": "Unauthorized",
        "status": 401,
        "detail": "because",
        "request_id": "r-7",
    }


def test_only_a_401_asks_for_a_credential() -> None:
    assert "www-authenticate" not in CallerRefused(403, "forbidden", "no").answer().headers
