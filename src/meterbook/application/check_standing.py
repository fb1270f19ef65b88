"""Which rows of a customers' file stand in the tables already, and whether they say the same.

A cell that is empty says nothing. A row that says the same is unchanged and not written again; one that says
something else is an error, because a file never overwrites what people entered meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from meterbook.application import row_errors, write_supplies
from meterbook.domain.billing import queries_supplies
from meterbook.kernel import identifiers

# Column of the file -> column of what stands, where the names differ.
_OTHER_NAMES = {"community": "address", "owed_milli": "owed_minor", "prepaid_milli": "prepaid_minor"}
# Column of the file -> the list that must hold it.
_IN_LISTS = {
    "phone": "phones",
    "second_phone": "phones",
    "contact_name": "contact_names",
    "document_no": "documents",
    "seal_no": "seals",
    **dict.fromkeys(write_supplies.EXTERNAL_KINDS, "external_numbers"),
}
_EQUAL = (
    "station", "account_no", "name", "customer_class", "district", "street", "community", "persons",
    "utility", "maker", "model_name", "digits", "multiplier_milli", "initial_milli", "installed_on",
    "from_on", "book", "sequence", "tariff", "customer_kind", "language", "reader_remark", "invoice_title",
    "tax_no", "usage_type", "area_milli", "nominal_diameter", "manufactured_on", "verified_on", "barcode",
    "owed_milli", "owed_due_on", "prepaid_milli", "counted_milli",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """`fresh` rows are new to the tables; `errors` name what stands otherwise."""

    fresh: pl.DataFrame
    unchanged_count: int
    errors: list[pl.DataFrame]


def compare(rows: pl.DataFrame, *, stations: Sequence[str]) -> Standing:
    """Part completed rows (check_customer_facts.completed) by their meter numbers.

    What stands at other stations than those (codes) is not compared: a job sees the whole company, and its
    errors tell what stands to a person who may not.
    """
    serial_nos = rows["serial_no"].drop_nulls().unique().to_list()
    standing = queries_supplies.standing_supplies(serial_nos=serial_nos)
    found = standing.filter(pl.col("station").is_in(stations)).unique("serial_no", keep="first")
    if found.is_empty():
        return Standing(fresh=rows, unchanged_count=0, errors=[])
    fresh = rows.join(found, on="serial_no", how="anti", maintain_order="left")
    both = rows.join(
        found.rename(lambda name: name if name == "serial_no" else f"standing_{name}"),
        on="serial_no",
        how="inner",
        maintain_order="left",
    )
    errors = [*_unequal(both), *_unlisted(both)]
    wrong = pl.concat(errors)["row"].n_unique()
    return Standing(fresh=fresh, unchanged_count=both.height - wrong, errors=errors)


def _unequal(both: pl.DataFrame) -> list[pl.DataFrame]:
    found = []
    for column in _EQUAL:
        name = _OTHER_NAMES.get(column, column)
        said, stands = pl.col(_written_as(column)), pl.col(f"standing_{name}")
        differs = _is_told(both, _written_as(column)) & said.ne_missing(stands)
        fact = stands.cast(pl.String)
        if column == "tax_no":
            fact = fact.map_elements(identifiers.masked, return_dtype=pl.String)
        found.append(
            row_errors.where(both, differs, column=column, code=row_errors.Fault.STANDS_OTHERWISE, fact=fact)
        )
    return found


def _unlisted(both: pl.DataFrame) -> list[pl.DataFrame]:
    found = []
    for column, name in _IN_LISTS.items():
        said = pl.col(column)
        if column == "document_no":
            said = pl.format("{}:{}", "document_kind", "document_key")
        elif column in write_supplies.EXTERNAL_KINDS:
            said = pl.format(f"{write_supplies.EXTERNAL_KINDS[column].value}:{{}}", column)
        stands = pl.col(f"standing_{name}")
        lacks = _is_told(both, column) & ~stands.list.contains(said)
        is_number = name in {"documents", "external_numbers"}
        fact = None if is_number else stands.list.join(", ")
        found.append(
            row_errors.where(both, lacks, column=column, code=row_errors.Fault.STANDS_OTHERWISE, fact=fact)
        )
    return found


def _written_as(column: str) -> str:
    """The column of the completed rows that is compared: addresses composed, amounts in minor units."""
    return {**_OTHER_NAMES, "tax_no": "tax_number"}.get(column, column)


def _is_told(rows: pl.DataFrame, column: str) -> pl.Expr:
    told = pl.col(column).is_not_null()
    return told & (pl.col(column) != "") if rows.schema[column] == pl.String else told
