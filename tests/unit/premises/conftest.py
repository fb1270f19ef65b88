"""A first call into Polars on a busy machine outlasts Hypothesis's deadline; that is no fault."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
