"""How figures are written and typed, the icons, the vendored files, the menu."""

import datetime
import hashlib
import pathlib
import re

import pytest
from django import forms
from django.conf import LazySettings
from django.template import engines
from django.test import Client
from django.urls import resolve

from meterbook.domain.access import rules
from meterbook.interfaces import clock
from meterbook.interfaces.web import assets, fields, nav, page, urls
from meterbook.interfaces.web.templatetags import meterbook as tags

WEB = pathlib.Path(assets.__file__).parent


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (tags.money(123450), "1,234.50"),
        (tags.money(-5), "-0.05"),
        (tags.money(0), "0.00"),
        (tags.money(None), "–"),
        (tags.signed_money(123450, "¥"), "¥1,234.50"),
        (tags.signed_money(-5000, "¥"), "-¥50.00"),
        (tags.signed_money(0, "¥"), "¥0.00"),
        (tags.money_plain(123450), "1234.50"),
        (tags.money_plain(None), ""),
        (tags.quantity(12500), "12.5"),
        (tags.price(488300), "0.4883"),
        (tags.account_no("021000381142"), "0210 0038 1142"),
        (tags.mask_phone("13812342046"), "138****2046"),
        (tags.mask_phone("1234567"), "*******"),
        (tags.mask_phone("02112345678"), "021****5678"),
        (tags.day(datetime.date(2026, 7, 31)), "2026-07-31"),
        (tags.moment(datetime.datetime(2026, 7, 31, 16, 5, tzinfo=datetime.UTC)), "2026-08-01 00:05"),
        (tags.whole(12846), "12,846"),
    ],
)
def test_written(written: str, expected: str) -> None:
    assert written == expected


def test_an_unknown_utility_is_an_error_not_a_guess() -> None:
    with pytest.raises(KeyError):
        tags.utility("STEAM")


class _Form(forms.Form):
    amount = fields.MoneyField(minimum_minor=0)
    usage = fields.QuantityField(required=False)


@pytest.mark.parametrize(
    ("typed", "amount_minor"),
    [("12.5", 1250), ("1,234.50", 123450), ("１２．５", 1250), (" 7 ", 700), ("0", 0)],
)
def test_money_as_typed(typed: str, amount_minor: int) -> None:
    form = _Form({"amount": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {"amount": amount_minor, "usage": None}


@pytest.mark.parametrize("typed", ["", "abc", "1.005", "NaN", "1e3", "٣", "-1", "9" * 30, "1.2.3", "=1"])
def test_money_refused(typed: str) -> None:
    form = _Form({"amount": typed})
    assert not form.is_valid()
    assert list(form.errors) == ["amount"]


def test_the_box_shows_what_was_given_or_typed() -> None:
    assert 'value="1234.50"' in str(_Form(initial={"amount": 123450})["amount"])
    assert 'value="1.005"' in str(_Form({"amount": "1.005"})["amount"])


def test_fixed_day(settings: LazySettings) -> None:
    settings.METERBOOK_FIXED_TODAY = datetime.date(2024, 2, 29)
    assert clock.today() == datetime.date(2024, 2, 29)
    assert clock.now().date() == datetime.date(2024, 2, 29)
    settings.METERBOOK_FIXED_TODAY = None
    assert clock.today().year > 2024


def _icons_used() -> dict[str, set[str]]:
    used: dict[str, set[str]] = {}
    sources = [*WEB.rglob("*.html"), *WEB.rglob("*.py")]
    pattern = re.compile(r"""\{% icon "([a-z0-9-]+)"|<c-[a-z]+[^>]*\sicon="([a-z0-9-]+)\"""")
    for source in sources:
        for match in pattern.finditer(source.read_text()):
            name = match[1] or match[2]
            used.setdefault(name, set()).add(source.name)
    return used


def test_every_icon_used_is_in_the_sprite() -> None:
    known = set(re.findall(r'<symbol id="([^"]+)"', (WEB / "static/app/icons.svg").read_text()))
    used = _icons_used()
    assert "printer" in used
    missing = {name: files for name, files in used.items() if name not in known}
    assert missing == {}
    places = {place.icon for section in nav.SECTIONS for place in section.places}
    assert places <= known


def test_vendored_files_are_the_ones_that_were_checked() -> None:
    text = (WEB / "static/vendor/README.md").read_text()
    rows = re.findall(r"\| `([^`]+)` \|.*`([0-9a-f]{64})` \|", text)
    assert [name for name, _digest in rows] == ["htmx-4.0.1.min.js", "../app/icons.svg"]
    for name, digest in rows:
        path = WEB / "static/vendor" / name
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, name
    scripts = [*WEB.rglob("*.js"), *WEB.rglob("*.css")]
    assert not [script for script in scripts if "sourceMappingURL" in script.read_text()]


def test_no_inline_script_style_or_foreign_address_in_templates() -> None:
    wrong = []
    for template in WEB.rglob("*.html"):
        text = template.read_text()
        if re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|https?://", text):
            wrong.append(template.name)
    assert wrong == []


def test_every_template_compiles() -> None:
    for template in WEB.rglob("templates/**/*.html"):
        engines["django"].get_template(str(template.relative_to(WEB / "templates")))


def test_the_menu_shows_what_one_may_do(site: None) -> None:
    def keys(rights: frozenset[str]) -> list[str]:
        actor = rules.Actor(name="x", rights=rights)
        menu = nav.menu_for(actor=actor, path="/bills/7")
        return [entry.place.key + "*" * entry.is_current for _section, entries in menu for entry in entries]

    assert keys(frozenset({"billing.view"})) == ["bills*"]
    assert keys(frozenset()) == []
    assert set(keys(frozenset(rules.RIGHTS))) >= {"till", "bills*"}


def test_published_files_appear_whole_with_their_gzip_twins(tmp_path: pathlib.Path) -> None:
    folder = assets.publish(root=tmp_path)
    assert folder == tmp_path / assets.version()
    assert (folder / "app/css/tokens.css.gz").stat().st_size < (folder / "app/css/tokens.css").stat().st_size
    before = (folder / "app/css/tokens.css").stat().st_mtime_ns
    assert assets.publish(root=tmp_path) == folder
    assert (folder / "app/css/tokens.css").stat().st_mtime_ns == before, "published once"
    assert [path.name for path in tmp_path.iterdir()] == [assets.version()], "no leftovers"


def test_static_files_are_served_for_ever_and_compressed(visitor: Client) -> None:
    text = visitor.get("/login").content.decode()
    address = re.search(r'href="(/static/[0-9a-f]{12}/app/css/base.css)"', text)
    assert address is not None
    answer = visitor.get(address[1], headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200
    assert "immutable" in answer["Cache-Control"]
    assert answer["Content-Encoding"] == "gzip"
    assert visitor.get("/static/000000000000/app/css/base.css").status_code == 404


def test_every_place_leads_somewhere_and_its_page_asks_for_the_same_right() -> None:
    wrong = []
    for place in (place for section in nav.SECTIONS for place in section.places):
        url = nav.address_of(place)
        rule = None if url is None else getattr(resolve(url).func, "page_rule", None)
        if rule is None or rule.right != place.right:
            wrong.append((place.key, url, rule))
    assert wrong == []


def test_every_route_of_the_product_is_guarded() -> None:
    assert list(page.unguarded(urls.urlpatterns)) == []
