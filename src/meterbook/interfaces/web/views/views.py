"""Saving and deleting views of lists."""

from urllib.parse import parse_qsl, urlencode

from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from meterbook.application import saved_views
from meterbook.interfaces.web import context, page

LIST_NAME_LENGTH = 40


@page.page(methods=("POST",))
def save(request: page.PageRequest) -> HttpResponseBase:
    """Keep a list as it is shown, under a name, and go back to it."""
    path = _list_path(request)
    query = urlencode(parse_qsl(request.POST.get("query", "")))
    try:
        saved_views.save(
            actor=request.actor,
            list_name=request.POST.get("list_name", "")[:LIST_NAME_LENGTH],
            name=request.POST.get("name", ""),
            query=query,
            is_shared=request.POST.get("is_shared") == "1",
        )
    except saved_views.ViewNotKeptError:
        notice = context.Notice(text=_("A view needs a name of at most 40 signs."), kind="bad")
    else:
        notice = context.Notice(text=_("View saved."))
    return page.redirect(request, f"{path}?{query}", notice=notice)


@page.page(methods=("POST",))
def delete(request: page.PageRequest, view_id: int) -> HttpResponseBase:
    """Delete one's own view."""
    path = _list_path(request)
    try:
        name = saved_views.delete(actor=request.actor, view_id=view_id)
    except saved_views.ViewUnknownError as unknown:
        raise Http404 from unknown
    return page.redirect(request, path, notice=context.Notice(text=_("%(name)s is gone.") % {"name": name}))


def _list_path(request: page.PageRequest) -> str:
    """The list's own address; anything that is none of our pages is refused."""
    path = request.POST.get("path", "")
    try:
        resolve(path)
    except Resolver404 as unknown:
        raise Http404 from unknown
    return path
