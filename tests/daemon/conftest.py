from tests.e2e.conftest import sandbox

__all__ = ["sandbox"]
