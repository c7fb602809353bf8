"""Plays a delivery on this machine under a steady load of users: `python -m infra.dry_run`."""
