"""The product's settings with other addresses."""

from ordinavo_connect.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.bare_view.urls"
