"""The product's beat, with a clock that goes fast."""

from ordinavo_connect.celery import app
from ordinavo_connect.running.beat import main

if __name__ == "__main__":
    app.conf.beat_schedule = {
        name: entry | {"schedule": 0.5, "options": {}} for name, entry in app.conf.beat_schedule.items()
    }
    app.conf.beat_max_loop_interval = 0.2
    main()
