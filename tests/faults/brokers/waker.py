"""Wakes a worker to delete kept answers that have expired, as a request does; says how long that took.

Run as a program, in the environment of the product's processes.
"""

import time


def main() -> None:
    import django

    django.setup()
    from ordinavo_connect.api.correlation import correlated
    from ordinavo_connect.api.tasks import expire
    from ordinavo_connect.api.waking import wake

    started = time.monotonic()
    with correlated("the-request"):
        wake(expire)
    print(time.monotonic() - started)


if __name__ == "__main__":
    main()
