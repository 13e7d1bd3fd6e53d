"""Choices with a sentence each on what they mean, as radio buttons or tick boxes, in groups."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString

Sentences = Mapping[str, str | Promise]


class _Described:
    template = "admin/clients/described_choices.html"

    def __init__(self, *args: Any, sentences: Sentences, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sentences = sentences

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Draws with the project's templates: the renderer of forms knows only those of apps."""
        widget = self.get_context(name, value, attrs)["widget"]  # type: ignore[attr-defined]
        groups = [
            {
                "title": title,
                "options": [
                    option | {"sentence": self.sentences.get(str(option["value"]), "")} for option in options
                ],
            }
            for title, options, _index in widget["optgroups"]
        ]
        return render_to_string(self.template, {"widget": widget, "groups": groups})


class DescribedRadios(_Described, forms.RadioSelect):
    """One of several."""


class DescribedTicks(_Described, forms.CheckboxSelectMultiple):
    """Any number of several."""


class Lines(forms.CharField):
    """A list of texts, one a line."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, Sequence) and not isinstance(value, str) else value

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]
