"""Where a page of the admin stands: its names in the breadcrumb, the heading and the browser's title.

All of them come from the menu, so that a page is called the same everywhere.
"""

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst

register = template.Library()


@dataclass(frozen=True, slots=True)
class Place:
    """A page: the group of the menu, its list there, and what the page itself is about ('' for the list)."""

    group: str = ""
    list_name: str = ""
    list_link: str = ""
    record: str = ""
    record_link: str = ""
    title: str = ""

    @property
    def heading(self) -> str:
        return self.record or self.title or self.list_name


@register.simple_tag(takes_context=True)
def page_place(context: Any) -> Place:
    """The place of the page that is drawn."""
    opts, is_list = context.get("opts"), bool(context.get("cl"))
    title = "" if is_list else capfirst(str(context.get("title") or ""))
    if opts is None:
        return Place(title=title)
    list_link = _link(f"{opts.app_label}_{opts.model_name}_changelist")
    group, name = _in_menu(context.get("sidebar_navigation") or (), list_link)
    record = None if is_list else context.get("original") or context.get("object")
    if record is None or isinstance(record, str):
        return Place(group, name or capfirst(str(opts.verbose_name_plural)), list_link, title=title)
    meta = record._meta
    if (meta.app_label, meta.model_name) != (opts.app_label, opts.model_name):
        list_link = _link(f"{meta.app_label}_{meta.model_name}_changelist")
        group, name = _in_menu(context.get("sidebar_navigation") or (), list_link)
    return Place(
        *(group, name or capfirst(str(meta.verbose_name_plural)), list_link),
        record=str(record),
        record_link=_link(f"{meta.app_label}_{meta.model_name}_change", record.pk),
        title=title,
    )


@register.simple_tag(takes_context=True)
def browser_title(context: Any) -> str:
    """What is on the page, then where it stands: the name of a tab is cut off at its end."""
    place = page_place(context)
    is_form_of_record = place.record and context.get("adminform") is not None
    first = place.record if is_form_of_record else place.title
    site = str(context.get("site_title") or "")
    parts = [first, place.list_name, site]
    return " | ".join(dict.fromkeys(part for part in parts if part))


def _in_menu(navigation: Any, link: str) -> tuple[str, str]:
    """The names of a list and of its group in the menu; blank where it is not there."""
    for group in navigation:
        for item in group["items"]:
            if link and item["link"] == link:
                return str(group["title"] or ""), str(item["title"])
    return "", ""


def _link(name: str, *arguments: Any) -> str:
    try:
        return reverse(f"admin:{name}", args=arguments)
    except NoReverseMatch:
        return ""
