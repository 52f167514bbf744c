"""Pages are rendered once and kept: tags, compression, and a store that does not grow."""

import gzip

import pytest

from tests.web.sites import Workshop


def test_it_works(workshop: Workshop) -> None:
    response = workshop.get("/privacy")
    assert response["ETag"].startswith('"')
    assert response["Cache-Control"] == "no-cache"
    assert response["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in response


def test_who_has_the_page_is_told_so(workshop: Workshop) -> None:
    tag = workshop.get("/privacy")["ETag"]
    for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        response = workshop.get("/privacy", **{"if-none-match": sent})
        assert response.status_code == 304
        assert response.content == b""
        assert response["ETag"] == tag
    assert workshop.get("/privacy", **{"if-none-match": '"other"'}).status_code == 200


def test_a_page_is_compressed_for_who_can_read_that(workshop: Workshop) -> None:
    plain = workshop.get("/privacy").content
    packed = workshop.get("/privacy", **{"accept-encoding": "br, gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain
    assert len(packed.content) < len(plain) / 3
    assert "Content-Encoding" not in workshop.get("/privacy", **{"accept-encoding": "gzip;q=0, br"})


def test_a_page_that_changed_has_another_tag(workshop: Workshop) -> None:
    tag = workshop.get("/privacy")["ETag"]
    workshop.write(workshop.path().read_text(encoding="utf-8").replace("We like", "We love"))
    response = workshop.get("/privacy", **{"if-none-match": tag})
    assert response.status_code == 200
    assert b"We love" in response.content


def test_the_store_keeps_only_so_many() -> None:
    from upheld.web.bodies import Bodies

    store = Bodies(most=3)
    made = []

    def make(name: str) -> str:
        made.append(name)
        return name

    for name in ("a", "b", "c", "a", "d", "a", "b"):
        store.find_body((name,), lambda name=name: make(name))  # type: ignore[misc]
    assert made == ["a", "b", "c", "d", "b"]
    assert len(store.kept) == 3


def test_whoever_asks_by_very_many_ports_pushes_no_page_out(workshop: Workshop) -> None:
    from upheld.web.bodies import BODIES, MOST_CHOSEN, OVERVIEW_BODIES

    for path in ("/", "/privacy", "/privacy/versions"):
        workshop.read(path)
    kept = list(BODIES.kept.items())
    assert len(kept) == 3
    for port in range(1, 3 * MOST_CHOSEN):
        workshop.read("/", f"localhost:{port}")
    assert list(BODIES.kept.items()) == kept
    assert len(OVERVIEW_BODIES.kept) == MOST_CHOSEN


def test_one_port_is_one_overview_however_it_is_written(workshop: Workshop) -> None:
    from upheld.web.bodies import OVERVIEW_BODIES

    for host in ("localhost:80", "localhost:00080", "LOCALHOST:080", "127.0.0.1:80", "[::1]:80", "localhost.:80"):
        assert 'href="http://lantern.localhost:80/"' in workshop.read("/", host)
    assert len(OVERVIEW_BODIES.kept) == 1


def test_pairs_of_versions_push_no_page_out(workshop: Workshop) -> None:
    from upheld.web.bodies import BODIES, CHANGES_BODIES

    workshop.read("/privacy")
    for old in ("2020-01-01", "2021-05-04"):
        for new in ("2020-01-01", "2021-05-04"):
            workshop.read(f"/privacy/changes/{old}..{new}")
    assert len(BODIES.kept) == 1
    assert len(CHANGES_BODIES.kept) == 4


def test_what_a_stranger_adds_to_an_address_makes_no_body(workshop: Workshop) -> None:
    from upheld.web.bodies import BODIES

    for number in range(5):
        workshop.get(
            f"/privacy?page={number}", "lantern.localhost:" + str(8000 + number), **{"accept-language": f"x{number}"}
        )
        workshop.get(f"/privacy/documents/d{number}")
        workshop.get(f"/nothing/{number}")
    assert len(BODIES.kept) == 1


@pytest.mark.parametrize("host", [f"localhost:{port}" for port in (1, 80, 65535)])
def test_links_to_sites_keep_the_port_they_were_reached_by(workshop: Workshop, host: str) -> None:
    port = host.partition(":")[2]
    assert f'href="http://lantern.localhost:{port}/"' in workshop.read("/", host)
