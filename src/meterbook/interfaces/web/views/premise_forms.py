"""The forms of the acts on premises and the address tree."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.application import actor as actors
from meterbook.application import premises_classes
from meterbook.domain.access import models as access_models
from meterbook.domain.access import queries as access
from meterbook.domain.premises import models, queries_classes, queries_tree, rules
from meterbook.interfaces.web import fields
from meterbook.interfaces.web.views import premise_words, words

Choices = Sequence[tuple[str, str | Promise]]


def code_choices(table: words.Words) -> list[tuple[str, str | Promise]]:
    """Choices of stored numbers."""
    return [(str(int(code)), text) for code, text in table.items()]


def station_choices(actor: actors.Actor) -> list[tuple[str, str | Promise]]:
    """The stations of the person's scope."""
    units = access.units_within(unit_ids=actor.unit_ids)
    stations = [unit for unit in units if unit.kind == access_models.OrgUnitKind.STATION]
    return [(str(unit.unit_id), unit.name) for unit in stations or units]


def choose(form: forms.Form, field: str, choices: Choices) -> None:
    """Give a choice field its choices."""
    chooser = form.fields[field]
    assert isinstance(chooser, forms.ChoiceField)
    chooser.choices = list(choices)


class DayInput(forms.DateInput):
    """The browser's own date box."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PartsForm(forms.Form):
    """The parts of an address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in premise_words.PARTS.items():
            self.fields[name] = forms.CharField(
                label=str(label), required=name == "community", max_length=rules.LENGTHS[name]
            )

    @staticmethod
    def parts(cleaned: dict[str, Any]) -> rules.AddressParts:
        """The parts that were typed."""
        return rules.AddressParts(**{name: cleaned[name] for name in rules.LENGTHS})


class ChangeForm(PartsForm):
    """Other parts for one door; `expected` is the address it had when the page was made."""

    expected = forms.CharField(widget=forms.HiddenInput)


class NewPremiseForm(PartsForm):
    """A new door of a station."""

    station_id = forms.TypedChoiceField(label=_("Station"), coerce=int, choices=())
    utilities = forms.TypedMultipleChoiceField(
        label=_("Service points"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=code_choices(words.UTILITIES),
    )

    def __init__(self, *args: Any, actor: actors.Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "station_id", station_choices(actor))
        self.order_fields(["station_id", *rules.LENGTHS, "utilities"])


class AliasForm(forms.Form):
    """Another address."""

    kind = forms.TypedChoiceField(
        label=_("Kind"),
        coerce=int,
        choices=code_choices(premise_words.ALIAS_KINDS),
        initial=models.AliasKind.COMMON.value,
    )
    text = forms.CharField(label=_("Address"), max_length=rules.ADDRESS_LENGTH)


class ApplianceForm(forms.Form):
    """An appliance."""

    kind = forms.TypedChoiceField(
        label=_("Kind"), coerce=int, choices=code_choices(premise_words.APPLIANCE_KINDS)
    )
    maker = forms.CharField(label=_("Maker"), required=False, max_length=60)
    model = forms.CharField(label=_("Model"), required=False, max_length=60)
    serial_no = forms.CharField(label=_("Serial no."), required=False, max_length=40)
    rated_flow_milli = fields.QuantityField(label=_("Rated flow (m³/h)"), required=False)
    flue_type = forms.TypedChoiceField(
        label=_("Flue"), coerce=int, choices=code_choices(premise_words.FLUE_TYPES)
    )
    installed_on = forms.DateField(
        label=pgettext_lazy("of a record", "Installed on"), required=False, widget=DayInput()
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class NetworkForm(forms.Form):
    """An archive entry."""

    kind = forms.TypedChoiceField(
        label=_("Kind"), coerce=int, choices=code_choices(premise_words.NETWORK_KINDS)
    )
    description = forms.CharField(label=_("Description"), max_length=200)
    position = forms.CharField(label=_("Position"), required=False, max_length=120)
    installed_on = forms.DateField(
        label=pgettext_lazy("of a record", "Installed on"), required=False, widget=DayInput()
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class NothingForm(forms.Form):
    """Nothing but the act itself."""


class DayForm(forms.Form):
    """Since when something is there no more."""

    on = forms.DateField(label=pgettext_lazy("of a record", "Removed on"), widget=DayInput())


class RecordEndForm(forms.Form):
    """Since when a network record describes nothing that is there."""

    on = forms.DateField(label=pgettext_lazy("network record", "Removed on"), widget=DayInput())


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class PointForm(forms.Form):
    """A further service point."""

    utility = forms.TypedChoiceField(label=_("Utility"), coerce=int, choices=code_choices(words.UTILITIES))


class NodeForm(forms.Form):
    """A new place of the address tree."""

    kind = forms.TypedChoiceField(label=_("Level"), coerce=int, choices=())
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)

    def __init__(self, *args: Any, above: models.NodeKind | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "kind", _levels_below(above))


class RootForm(NodeForm):
    """A new root of a station's tree."""

    station_id = forms.TypedChoiceField(label=_("Station"), coerce=int, choices=())
    field_order = ("station_id", "kind", "name")

    def __init__(self, *args: Any, actor: actors.Actor, **kwargs: Any) -> None:
        super().__init__(*args, above=None, **kwargs)
        choose(self, "station_id", station_choices(actor))


class RenameForm(forms.Form):
    """Another name for a place; `expected` is the one it had when the page was made."""

    name = forms.CharField(label=_("New name"), max_length=60)
    expected = forms.CharField(widget=forms.HiddenInput)


class MoveForm(forms.Form):
    """Another place above."""

    parent_id = forms.TypedChoiceField(label=_("Move to"), coerce=int, choices=())

    def __init__(self, *args: Any, branch: queries_tree.Branch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "parent_id", queries_tree.places_above(branch=branch))


class MergeForm(forms.Form):
    """The place that stays, and why."""

    into_id = forms.TypedChoiceField(label=_("Goes into"), coerce=int, choices=())
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, branch: queries_tree.Branch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "into_id", queries_tree.places_beside(branch=branch))


class ClassifyForm(forms.Form):
    """Which class, since when. `choice` is "dimension:value"; an empty value ends the class."""

    choice = forms.ChoiceField(label=pgettext_lazy("of premises", "Class"), choices=())
    from_on = forms.DateField(label=pgettext_lazy("day", "From"), widget=DayInput())

    def __init__(self, *args: Any, today: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "choice", _classes())  # type: ignore[arg-type]  # groups of choices
        self.fields["from_on"].initial = today


class ClassifyManyForm(ClassifyForm):
    """The same for everything below a place, with the reason; `seen` is the count the person saw."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)


def chosen_class(cleaned: dict[str, Any]) -> premises_classes.Classify:
    """What a ClassifyForm says."""
    dimension_id, _colon, value_id = cleaned["choice"].partition(":")
    return premises_classes.Classify(
        dimension_id=int(dimension_id),
        value_id=int(value_id) if value_id else None,
        from_on=cleaned["from_on"],
    )


class ValueForm(forms.Form):
    """A further class of a classification."""

    code = forms.CharField(label=_("Code"), max_length=20)
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    parent_id = forms.TypedChoiceField(
        label=_("Below"), coerce=int, empty_value=None, required=False, choices=()
    )

    def __init__(self, *args: Any, dimension_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        values = queries_classes.values(dimension_id=dimension_id)
        listed = [(str(v.value_id), f"{'　' * v.depth}{v.code} {v.name}") for v in values]
        choose(self, "parent_id", [("", "–"), *listed])


class NameForm(forms.Form):
    """Another name."""

    name = forms.CharField(label=_("New name"), max_length=60)


class DimensionForm(forms.Form):
    """A classification of the company's own."""

    code = forms.CharField(label=_("Code"), max_length=30, help_text=_("Letters, digits, underscores."))
    name_zh = forms.CharField(label=_("Chinese name"), max_length=40)
    name_en = forms.CharField(label=_("English name"), max_length=60)


def _levels_below(above: models.NodeKind | None) -> list[tuple[str, str | Promise]]:
    """The levels that may stand below one; at the root down to the community."""
    highest = 0 if above is None else above.value
    lowest = models.NodeKind.ENTRANCE
    if highest < models.NodeKind.COMMUNITY:
        lowest = models.NodeKind.COMMUNITY
    return [
        (str(int(kind)), text)
        for kind, text in premise_words.NODE_KINDS.items()
        if highest < int(kind) <= lowest
    ]


def _classes() -> list[tuple[str, list[tuple[str, str | Promise]]]]:
    groups: list[tuple[str, list[tuple[str, str | Promise]]]] = []
    for dimension in queries_classes.dimensions():
        name = premise_words.dimension_name(name_zh=dimension.name_zh, name_en=dimension.name_en)
        values = queries_classes.values(dimension_id=dimension.dimension_id)
        if values:
            of_it: list[tuple[str, str | Promise]] = [
                (f"{dimension.dimension_id}:{value.value_id}", f"{'　' * value.depth}{value.name}")
                for value in values
            ]
            groups.append((name, [*of_it, (f"{dimension.dimension_id}:", _("None of these"))]))
    return groups
