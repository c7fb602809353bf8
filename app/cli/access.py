"""`plumb keys` and `plumb audit`. Heavy imports wait until a command runs."""

from __future__ import annotations

import json as encoder
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.callers import Caller, Role
from ingestion.cli.flags import Json, Setting, settings_from

if TYPE_CHECKING:
    from app.store.database import Database

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def mount(app: typer.Typer) -> None:
    keys = typer.Typer(no_args_is_help=True, help="API keys: create, list, revoke.")
    keys.command("create")(create)
    keys.command("list")(list_)
    keys.command("revoke")(revoke)
    app.add_typer(keys, name="keys")
    app.command("audit")(audit)


def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What to call it in records.", show_default=False)],
    role: Annotated[Role, typer.Option(help="reader asks, editor changes sets too.")] = "reader",
    group: Annotated[
        list[str] | None,
        typer.Option(help="A group whose documents it sees; repeat it. Default: all documents."),
    ] = None,
    expires_days: Annotated[
        float | None, typer.Option(min=0.001, max=36500, help="How long it holds. Default: always.")
    ] = None,
    setting: Setting = None,
) -> None:
    """Make a key, and print it: this is the only time."""
    from app.security.audit import Audit
    from app.security.keys import Keys

    lifetime = timedelta(days=expires_days) if expires_days else None
    with _database(context, setting) as database:
        described = {"role": role, "groups": group, "expires_days": expires_days}
        with Audit(database).act(_me(), "create-key", name, **described):
            made = Keys(database).create(name, role, group, lifetime)
    typer.echo(made)
    typer.echo("Keep it now: it is shown this once.", err=True)


def list_(context: typer.Context, setting: Setting = None, json: Json = False) -> None:
    """List the keys, without their secrets."""
    from app.security.keys import Keys

    with _database(context, setting) as database:
        found = [
            {
                "id": key.id,
                "name": key.name,
                "role": key.role,
                "groups": key.groups,
                "created": _shown(key.created),
                "expires": _shown(key.expires),
                "revoked": _shown(key.revoked),
                "last_used": _shown(key.last_used),
            }
            for key in Keys(database).all()
        ]
    _print(found, json, "There are no keys; `plumb keys create NAME` makes one.")


def revoke(
    context: typer.Context,
    key: Annotated[
        str, typer.Argument(metavar="NAME|ID", help="The key's name or id.", show_default=False)
    ],
    setting: Setting = None,
) -> None:
    """Revoke a key: it is refused from the next request on."""
    from app.security.audit import Audit
    from app.security.keys import Keys

    with _database(context, setting) as database:
        with Audit(database).act(_me(), "revoke-key", key):
            revoked = Keys(database).revoke(key)
        typer.echo(f"Revoked: {revoked.name} ({revoked.id})")


def audit(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(help="A date (2026-11-24) or an age: 30m, 12h, 7d, 4w.")
    ] = None,
    caller: Annotated[
        str | None, typer.Option(help="Only what callers of this name or id did.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="The newest so many.")] = 1000,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """List administrative acts over REST and of keys, and denied attempts, oldest first."""
    from app.security.audit import Audit

    beginning = parse_since(since) if since else None
    with _database(context, setting) as database:
        found = [
            {
                "at": _shown(entry.at),
                "caller": entry.caller,
                "id": entry.owner,
                "action": entry.action,
                "subject": entry.subject,
                "outcome": entry.outcome,
                "detail": entry.detail,
            }
            for entry in Audit(database).entries(beginning, caller, limit)
        ]
    _print(found, json, "Nothing is recorded.")


def parse_since(given: str) -> datetime:
    """The time that `--since` names; a date without a zone is UTC.

    Raises:
        InvalidRequest: it is neither a date nor an age.
    """
    from app.errors import InvalidRequest

    number, unit = given[:-1], given[-1:]
    try:
        if unit in UNITS and number.isdecimal():
            return datetime.now(UTC) - timedelta(**{UNITS[unit]: int(number)})
        parsed = datetime.fromisoformat(given)
    except (ValueError, OverflowError) as error:
        raise InvalidRequest(
            f"--since: {given[:50]!a} is neither a date like 2026-11-24 nor an age like 7d."
        ) from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _database(
    context: typer.Context, setting: list[str] | None
) -> AbstractContextManager[Database]:
    from app.store.database import migrated

    return migrated(settings_from(context, setting).store.url.get_secret_value())


def _me() -> Caller:
    from prompts.moves.user import current_user

    user = current_user()
    return Caller(user, "admin", id=f"operator:{user}")


def _shown(time: datetime | None) -> str | None:
    return time.isoformat(timespec="seconds") if time else None


def _print(rows: list[dict[str, Any]], json: bool, none: str) -> None:
    if json:
        typer.echo(encoder.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not rows:
        typer.echo(none)
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for column in rows[0]:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(escape(_cell(value)) for value in row.values()))
    Console().print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    text = value if isinstance(value, str) else encoder.dumps(value, ensure_ascii=False)
    # Anyone who was denied may have put anything there, such as a terminal's control characters.
    return "".join(c if c.isprintable() else "�" for c in text)
