from arena.registry.refusal import Refused


def test_a_refusal_is_a_problem_document() -> None:
    refused = Refused(422, "invalid-field", "is missing", "url")
    assert refused.problem("r1") == {
        "type": "urn:arena:problem:invalid-field",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "url is missing",
        "request_id": "r1",
        "field": "url",
    }


def test_without_a_field_none_is_named() -> None:
    assert "field" not in Refused(401, "unauthenticated", "who are you").problem("r")
