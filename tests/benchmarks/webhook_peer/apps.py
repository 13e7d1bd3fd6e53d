from django.apps import AppConfig


class PeerConfig(AppConfig):
    name = "tests.benchmarks.webhook_peer"
    label = "webhook_peer"

    def ready(self) -> None:
        from tests.benchmarks.webhook_peer import happenings  # noqa: F401 (declares the event)
