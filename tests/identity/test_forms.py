import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentineliq.identity.forms import local_path

DEFAULT = "/workspace/billing"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/pricing",
        "/checkout?success=true&session_id=cs_test_1",
        "/workspace/billing#invoices",
        "/search?q=a%20b&next=https://example.com/",
        "/caf%C3%A9",
    ],
)
def test_a_path_of_our_own_is_followed(path: str) -> None:
    assert local_path(path, default=DEFAULT) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "pricing",
        "https://evil.example/",
        "HTTPS:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "/pricing\\..\\evil",
        "/\t/evil.example",
        "/\n/evil.example",
        "/%09/evil.example",
        "/%0d%0aSet-Cookie:x=1",
        "/\r\nSet-Cookie: x=1",
        " //evil.example",
        "\x00//evil.example",
        "/\u2028/evil.example",
        "/%2F/evil.example",
        "/%2fevil.example",
        "%2F%2Fevil.example",
        "/%252F%252Fevil.example",
        "/%25252Fevil.example",
        "/%2525252525252Fevil.example",
        "/%5Cevil.example",
        "/%255Cevil.example",
        "/.//evil.example",
        "/..//evil.example",
        "/./evil",
        "/a/../../evil",
        "/%2e%2e/evil",
        "/x//evil.example",
        "@evil.example",
        ".evil.example",
        "/" + "a" * 3000,
    ],
)
def test_anything_else_leads_home(path: str) -> None:
    assert local_path(path, default=DEFAULT) == DEFAULT


@given(st.text(alphabet="/\\%25fFcC.:@?#ae\t\n \x00", max_size=24).map(lambda text: "/" + text))
def test_whatever_is_followed_stays_here(path: str) -> None:
    followed = local_path(path, default=DEFAULT)
    assert followed.startswith("/") and not followed.startswith(("//", "/\\"))
    assert followed.isprintable() and "\\" not in followed
