"""A stage begins anew each time, whatever a rehearsal did to it."""

from __future__ import annotations

from typing import Any


def test_the_cast_is_there_and_signed_in(stage: Any) -> None:
    page = stage.cast.willing.browse(stage).open("/account")
    assert page.is_good
    assert "/account/held" in page.html
    clerk = stage.cast.clerks["privacy-desk"]
    assert clerk.browse(stage).open(stage.seat + "demands/").is_good


def test_what_was_done_is_undone(stage: Any) -> None:
    from upheld.rehearsal.cast import find_address, register

    begun, serial = stage.now, stage.last_serial
    newcomer = register(stage, 5)
    stage.wait(days=400)
    assert stage.list_mails(find_address(5))
    assert stage.last_serial > serial
    stage.begin_anew()
    assert (stage.now, stage.last_serial) == (begun, serial)
    assert stage.list_mails() == ()
    assert newcomer.browse(stage).open("/account", follows=False).status in (302, 303)
    assert stage.cast.silent.browse(stage).open("/account").is_good
