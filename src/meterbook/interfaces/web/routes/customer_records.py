"""Customers: the record of one, its acts, duplicates, credit."""

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from meterbook.interfaces.web import palette
from meterbook.interfaces.web.views import customer_acts as acts
from meterbook.interfaces.web.views import customer_list
from meterbook.interfaces.web.views import customer_merge as merges
from meterbook.interfaces.web.views import customer_record as records
from meterbook.interfaces.web.views import customer_standing as standing

for _verb in (
    palette.Verb(label=_("New customer"), url_name="customer_new", icon="plus", right="customers.edit"),
    palette.Verb(
        label=_("Customers kept twice"), url_name="customer_duplicates", icon="copy", right="customers.merge"
    ),
    palette.Verb(label=_("Credit scoring"), url_name="customer_credit", icon="scale", right="customers.rate"),
):
    palette.provide_verb(_verb)

_ONE = "customers/<int:customer_id>"

urlpatterns: list[URLPattern] = [
    path("customers/records/", customer_list.listing, name="customer_list"),
    path("customers/new", acts.new, name="customer_new"),
    path("customers/duplicates/", merges.listing, name="customer_duplicates"),
    path("customers/merges/<int:merge_id>/undo", merges.undo, name="customer_merge_undo"),
    path("customers/credit/", standing.credit, name="customer_credit"),
    path("customers/credit/everybody", standing.rate_all, name="customer_rate_all"),
    path(f"{_ONE}/", records.customer, name="customer"),
    path(f"{_ONE}/change", acts.change, name="customer_change"),
    path(f"{_ONE}/contacts/add", acts.contact_add, name="contact_add"),
    path(f"{_ONE}/contacts/<int:contact_id>/close", acts.contact_close, name="contact_close"),
    path(f"{_ONE}/contacts/<int:contact_id>/prefer", acts.contact_prefer, name="contact_prefer"),
    path(f"{_ONE}/documents/add", acts.document_add, name="document_add"),
    path(f"{_ONE}/documents/<int:document_id>/close", acts.document_close, name="document_close"),
    path(f"{_ONE}/invoicing", acts.invoicing, name="customer_invoicing"),
    path(f"{_ONE}/tags", standing.tag, name="customer_tag"),
    path(f"{_ONE}/tags/<int:tag_id>/remove", standing.untag, name="customer_untag"),
    path(f"{_ONE}/lists", standing.list_put, name="customer_list_put"),
    path(f"{_ONE}/lists/<int:list_entry_id>/end", standing.list_end, name="customer_list_end"),
    path(f"{_ONE}/rate", standing.rate, name="customer_rate"),
    path(f"{_ONE}/merge/<int:other_id>", merges.merge, name="customer_merge"),
]
