import pytest
from ai_service.settings import Settings

from arena.errors import ConfigError


def test_nothing_said_is_the_model_in_the_box() -> None:
    assert Settings.read({}) == Settings("", "", "arena-gpt", 4000)
    assert Settings.read({"ARENA_AI_MODEL": "", "ARENA_AI_BASE_URL": "", "ARENA_AI_MAX_INPUT_LENGTH": ""}) == Settings()


def test_another_server() -> None:
    given = {"ARENA_AI_BASE_URL": "http://host/v1/", "ARENA_AI_API_KEY": "k", "ARENA_AI_MODEL": "m"}
    assert Settings.read(given | {"ARENA_AI_MAX_INPUT_LENGTH": "9"}) == Settings("http://host/v1", "k", "m", 9)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"ARENA_AI_MODEL": "gpt-4o"}, "only model in the box is arena-gpt"),
        ({"ARENA_AI_BASE_URL": "localhost:11434"}, "not an http"),
        ({"ARENA_AI_MAX_INPUT_LENGTH": "0"}, "above zero"),
        ({"ARENA_AI_MAX_INPUT_LENGTH": "1e3"}, "above zero"),
    ],
)
def test_what_cannot_be_used_is_an_error(variables: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Settings.read(variables)
