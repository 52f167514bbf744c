"""Opens the house for one command beside a running server: settings, databases and top key, and nothing that answers."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from upheld.core.errors import SettingError
from upheld.server.environment import Environment, override_settings, read_environment
from upheld.server.run import hand_over
from upheld.server.top_key import find_top_key, has_data


def open_desk(*, state_folder: Path | None = None, policies_folder: Path | None = None) -> Environment:
    """Everything that a command needs which reads or writes what is held; makes neither a database nor a key.

    A folder that is not given is the one of the settings.
    Raises SettingError S711 when nothing is held there, S707 without the top key, VaultError V812 for another one.
    """
    environment = override_settings(read_environment(os.environ), state=state_folder, policies=policies_folder)
    if not environment.state.is_dir() or not has_data(environment):
        raise SettingError(
            "S711",
            f"nothing is held in `{environment.state}`",
            "name the folder that the server was started with: --state FOLDER",
        )
    if find_top_key(environment) is None:
        raise SettingError("S707", "there is no top key", "put it back where the server was started with it")
    os.umask(0o077)  # whatever comes into being is for this user alone, as it is when the server runs
    hand_over(environment)
    # Django reads the environment when it is set up, and that is written only now.
    import django  # noqa: PLC0415

    django.setup()
    # These rooms hold models, which need what was set up just now.
    from upheld.server.migrating import bring_up_to_date  # noqa: PLC0415
    from upheld.server.opening import open_vault  # noqa: PLC0415

    bring_up_to_date(environment, lambda _line: None)
    open_vault(environment, datetime.now(UTC))
    return environment
