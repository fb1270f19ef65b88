"""Who acts, as every use case is told it."""

from meterbook.domain.access import models, queries, rules

Actor = rules.Actor
NotAllowedError = rules.NotAllowedError


def of_staff(*, staff: models.Staff, remote_address: str) -> Actor:
    """The actor a logged-in person is right now, read fresh so that a removed right is gone at once."""
    return queries.actor_of_staff(staff=staff, remote_address=remote_address)


def of_system(*, identity: str) -> Actor:
    """A named system identity for jobs and commands, e.g. `job:bill-run` or `cli:import`."""
    return queries.system_actor(identity=identity)
