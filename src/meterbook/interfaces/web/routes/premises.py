"""Premises: the address tree, one door, generated buildings, classifications, appliances."""

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from meterbook.interfaces.web import palette
from meterbook.interfaces.web.views import (
    premise_acts,
    premise_classes,
    premise_generation,
    premise_nodes,
    premises,
)

palette.provide_verb(
    palette.Verb(
        label=_("Generate a building"),
        url_name="premises_generate",
        icon="building",
        right="premises.generate",
    )
)
palette.provide_verb(
    palette.Verb(label=_("Add a premise"), url_name="premise_new", icon="plus", right="premises.edit")
)

_NODE = "premises/places/<int:node_id>/"
_PREMISE = "premises/<int:premise_id>/"
_DIMENSION = "premises/classes/<int:dimension_id>/"

urlpatterns: list[URLPattern] = [
    path("premises/", premises.listing, name="premises"),
    path("premises/new", premise_acts.new, name="premise_new"),
    path("premises/generate", premise_generation.generate, name="premises_generate"),
    path("premises/generated/<int:batch_id>/", premise_generation.batch, name="premise_batch"),
    path("premises/generated/<int:batch_id>/undo", premise_generation.undo, name="premise_batch_undo"),
    path("premises/appliances", premise_classes.appliances, name="appliances"),
    path("premises/classes/", premise_classes.dimensions, name="dimensions"),
    path("premises/classes/new", premise_classes.dimension_new, name="dimension_new"),
    path(_DIMENSION, premise_classes.dimension, name="dimension"),
    path(f"{_DIMENSION}new", premise_classes.value_new, name="class_value_new"),
    path(f"{_DIMENSION}<int:value_id>/rename", premise_classes.value_rename, name="class_value_rename"),
    path(f"{_DIMENSION}<int:value_id>/remove", premise_classes.value_remove, name="class_value_remove"),
    path("premises/places/new", premise_nodes.new_root, name="address_node_new_root"),
    path(_NODE, premise_nodes.node, name="address_node"),
    path(f"{_NODE}new", premise_nodes.new, name="address_node_new"),
    path(f"{_NODE}rename", premise_nodes.rename, name="address_node_rename"),
    path(f"{_NODE}move", premise_nodes.move, name="address_node_move"),
    path(f"{_NODE}merge", premise_nodes.merge, name="address_node_merge"),
    path(f"{_NODE}remove", premise_nodes.remove, name="address_node_remove"),
    path(f"{_NODE}archive", premise_nodes.archive, name="address_node_archive"),
    path(f"{_NODE}classify", premise_classes.classify_below, name="address_node_classify"),
    path(
        "premises/archive/<int:record_id>/remove", premise_nodes.archive_remove, name="network_record_remove"
    ),
    path(_PREMISE, premises.premise, name="premise"),
    path(f"{_PREMISE}edit", premise_acts.edit, name="premise_edit"),
    path(f"{_PREMISE}remove", premise_acts.remove, name="premise_remove"),
    path(f"{_PREMISE}points", premise_acts.point, name="premise_point"),
    path(f"{_PREMISE}aliases", premise_acts.alias, name="premise_alias"),
    path(f"{_PREMISE}aliases/<int:alias_id>/remove", premise_acts.alias_remove, name="premise_alias_remove"),
    path(f"{_PREMISE}appliances", premise_acts.appliance, name="premise_appliance"),
    path(
        f"{_PREMISE}appliances/<int:appliance_id>/remove",
        premise_acts.appliance_remove,
        name="premise_appliance_remove",
    ),
    path(f"{_PREMISE}archive", premise_acts.archive, name="premise_archive"),
    path(f"{_PREMISE}classify", premise_acts.classify, name="premise_classify"),
]
