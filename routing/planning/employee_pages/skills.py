"""Skills as staff write them: words between commas, each once, whatever its case."""

import re
import unicodedata
from collections.abc import Iterable

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ordinavo_connect.clients.models import Tenant
from routing.planning.models import Employee
from routing.planning.problem import skill_key

# Nobody has more; a list that long is a mistake in pasting.
MOST_SKILLS = 50
LONGEST_SKILL = 200
# Suggested below the field: more would be no help.
MOST_SUGGESTED = 30
_BETWEEN = re.compile(r"[,;\n]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class SkillsField(forms.CharField):
    """A list of skills, written as `Refrigeration, Electrical`."""

    def prepare_value(self, value: object) -> object:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: object) -> list[str]:
        return cleaned_skills(super().clean(value))

    def has_changed(self, initial: object, data: object) -> bool:
        written = self.prepare_value(initial) if initial else ""
        return super().has_changed(written, data)


def cleaned_skills(text: str) -> list[str]:
    """Each skill once, in the spelling and place of its first time.

    Raises:
        ValidationError: one is too long, or they are too many.
    """
    words = (" ".join(unicodedata.normalize("NFC", word).split()) for word in _BETWEEN.split(text))
    once = {skill_key(word): word for word in reversed([word for word in words if word])}
    found = list(reversed(once.values()))
    if any(_CONTROL.search(word) for word in found):
        raise ValidationError(_("Control characters are not allowed."))
    if any(len(word) > LONGEST_SKILL for word in found):
        raise ValidationError(_("A skill has at most %(most)s characters.") % {"most": LONGEST_SKILL})
    if len(found) > MOST_SKILLS:
        raise ValidationError(_("At most %(most)s skills are kept.") % {"most": MOST_SKILLS})
    return found


def known_skills(tenant: Tenant | None) -> list[str]:
    """The skills that employees of the tenant have, each once, in the order of the alphabet."""
    lists: Iterable[list[str]] = Employee.objects.filter(tenant=tenant).values_list("skills", flat=True)
    once = {skill_key(word): word for words in lists for word in words}
    return sorted(once.values(), key=str.casefold)[:MOST_SUGGESTED]
