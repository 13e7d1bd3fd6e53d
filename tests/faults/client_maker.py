"""A process that makes Integration Clients for the tests, one for each line that it is told.

Run as a program, in the product's environment: `manage.py create_client` over and over, without its start.
"""

import json
import sys
from io import StringIO


def main() -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    for line in sys.stdin:
        output = StringIO()
        call_command("create_client", *json.loads(line), stdout=output)
        connection.close()  # The next test may kill the database.
        print(" ".join(output.getvalue().split()), flush=True)


if __name__ == "__main__":
    main()
