from arena import errors as root
from arena.auth import errors


def test_every_refusal_has_a_code_of_its_own_and_crosses_the_socket() -> None:
    kinds = [*errors.TokenRefused.__subclasses__(), *errors.KeyMissing.__subclasses__()]
    assert len({kind.code for kind in kinds}) == len(kinds) == 13
    for kind in kinds:
        assert type(root.from_code(kind.code, "m")) is kind
        assert kind.exit_name == "auth"
